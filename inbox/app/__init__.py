"""The one place that builds everything: stores, steps, the front, and the order in which they start and stop."""
