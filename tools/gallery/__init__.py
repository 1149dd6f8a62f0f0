"""Views of the pictures: the contact sheet of a run, and the gallery, an offline web page of all runs."""
