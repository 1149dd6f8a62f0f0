"""A storyboard: many contents, one run each, worked through by a bounded pool."""
