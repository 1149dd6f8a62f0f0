"""The outside world: providers, ledger, files, storage and logs. Knows nothing of LangGraph."""
