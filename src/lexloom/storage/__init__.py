"""Files: artifacts, and what is written whole or not at all."""
