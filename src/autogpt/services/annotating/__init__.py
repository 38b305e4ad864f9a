"""Annotating documents: what is to do, drafts, suggestions, several annotators, and what finally counts."""
