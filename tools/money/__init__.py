"""What is paid for: the ledger, and everything that sends, paces, waits and settles around it."""
