"""Word vectors, counted or learned, and their evaluation."""
