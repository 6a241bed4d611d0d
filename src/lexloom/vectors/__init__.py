"""Word vectors, counted and learned, and their evaluation."""
