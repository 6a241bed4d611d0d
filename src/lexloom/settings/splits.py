"""The texts of a corpus."""

SPLITS = ("train", "valid", "test")
"""To train on, to choose settings on, and to measure on."""
