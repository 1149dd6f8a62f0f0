"""The commands of `peitu`, nearly one module each, and what they share."""
