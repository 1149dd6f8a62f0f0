"""The gallery: one page of all runs that works from the file system and asks nobody for anything."""
