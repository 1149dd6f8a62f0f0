"""Benchmarks of Peitu and of comparable programs; see README.md in this folder."""
