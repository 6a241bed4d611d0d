"""Language models and their evaluation."""
