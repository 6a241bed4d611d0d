"""What the sections of the page of a corpus show."""
