"""The rules: pure values and decisions, without I/O, clock, logging or randomness."""
