"""Pictures as files: decoded, checked, labelled, saved whole, and put on a sheet."""
