"""What `langgraph dev` serves beside the graph: the form, links, the gallery, runs after a restart."""
