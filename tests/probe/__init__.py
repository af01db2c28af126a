"""A channel of the tests' own: signed HTTP in, a TCP line out, so that an outside witness sees every effect."""
