"""Shipped fakes that keep the same contracts as the real parts, and builders of values; for tests of this project and of plug-ins."""
