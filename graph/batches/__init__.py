"""Batches: the segments of a storyboard, one run each, processed by a bounded pool of workers."""
