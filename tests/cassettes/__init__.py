"""What the services answered, recorded once and played again without a network, see README.md.

A scene (`scenes`) drives one of our clients through one behavior. `record` plays it on a stage with a service
behind it, sandbox or live, and writes what went over the wire, scrubbed, into a cassette. A test plays the
same scene against the cassette.
"""
