"""What was made, to look at: the contact sheet of a run, and the gallery, a page of all runs that asks nobody."""
