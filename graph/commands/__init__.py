"""The commands of `peitu`, one module each, and what they share."""
