"""The commands of `peitu`, most with a module of their own, and what they share."""
