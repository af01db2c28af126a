"""What each call does, one file per noun."""
