"""Settings, keys and the log."""
