"""What a person may set: one class for each key of the configuration, with types, ranges and help."""
