"""The composers: one file each, named in `answer.composer`."""
