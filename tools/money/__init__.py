"""Paid requests: the ledger, and everything that sends them, paces them, waits for them and settles lost replies."""
