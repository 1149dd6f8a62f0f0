"""Everything outside the graph: providers, ledger, database, files, storage and logs. Does not use LangGraph."""
