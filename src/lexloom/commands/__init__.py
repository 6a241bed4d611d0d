"""What scripts share, and the command `lexloom`."""
