"""The SQLite file: its tables, its thread, and the rows of runs, images, batches and uploads."""
