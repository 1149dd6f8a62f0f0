"""What runs after what: the state, the graph, its wiring and its command line."""
