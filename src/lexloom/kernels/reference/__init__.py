"""The reference implementation: every kernel in plain array operations."""
