"""Read a storyboard and check all of it, and find its existing pictures."""
