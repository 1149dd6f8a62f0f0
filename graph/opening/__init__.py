"""Opens and closes what the workflow needs: tools made from the settings, checkpoints, and a synchronous interface."""
