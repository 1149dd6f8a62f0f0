"""The nodes of the graph, one step each, with their templates; the order of steps is in `graph.build`."""
