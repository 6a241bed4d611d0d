"""The specification of every kernel, in plain array operations."""
