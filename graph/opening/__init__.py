"""What the workflow stands on, opened and closed: settings become tools, checkpoints and a synchronous face."""
