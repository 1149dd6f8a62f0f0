"""One step of the workflow each: `analyze`, `prompt`, `generate`, `check`, `upload`, `record`."""
