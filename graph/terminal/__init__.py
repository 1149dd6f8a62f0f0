"""Terminal output and input: progress, results, tables, questions, and stopping by Ctrl-C or SIGTERM."""
