"""Recorded answers of the services, replayed in tests without a network; see README.md.

A scene (`scenes`) drives one of our clients through one behavior. `record` plays it on a stage against a service,
sandbox or live, and writes the scrubbed requests and answers into a cassette. A test plays the same scene against the
cassette.
"""
