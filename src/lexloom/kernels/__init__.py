"""The innermost loops, one interface for every device: `reference` says what each computes."""
