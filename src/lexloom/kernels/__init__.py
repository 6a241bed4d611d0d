"""The innermost loops behind one interface for all devices; `reference` specifies what each computes."""
