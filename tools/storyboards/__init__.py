"""Reading a storyboard, checked whole, and what of it is there already."""
