"""One step of the workflow each: `analyze`, `prompt`, `approve`, `generate`, `check`, `rewrite`, `upload`, `record`."""
