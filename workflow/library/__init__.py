"""The Python behind the rules."""
