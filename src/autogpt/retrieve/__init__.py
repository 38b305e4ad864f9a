"""Finds the passages that may answer a question: by words, by meaning, and both fused."""
