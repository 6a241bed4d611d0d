"""From text to word ids and a vocabulary."""
