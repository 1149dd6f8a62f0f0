"""Measurements of Peitu beside its peers; see README.md in this folder."""
