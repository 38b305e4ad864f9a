"""Says what a text is about, and whether it is about anything that is known."""
