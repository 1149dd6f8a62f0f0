"""The SQLite database: its tables, its writer thread, and the rows of runs, images, batches, tasks and uploads."""
