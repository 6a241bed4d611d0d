"""Models: what layers and losses are put together to."""
