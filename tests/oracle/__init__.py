"""A slow second opinion on opening hours, and random cases to ask both for."""
