"""What `langgraph dev` serves besides the graph: input form, picture links, gallery, and runs begun elsewhere."""
