"""What the lessons compute beyond the rest."""
