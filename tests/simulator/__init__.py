"""Seeded days of an imagined house: customers, agents and failures at random, queues and routing as in life."""
