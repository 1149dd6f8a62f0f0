"""Pictures as files: decoded, checked, labelled and saved whole."""
