"""Rounds of killing the service under load. What is checked rests on outside witnesses only."""
