"""Figures, each as a ratio to a bare baseline measured in the same run: absolute times on shared machines drift."""
