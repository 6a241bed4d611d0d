"""Parameters, layers and losses, each with forward and backward."""
