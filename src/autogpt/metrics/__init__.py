"""Measures of answers, rankings and confidence. Plain numpy; knows nothing about models or workspaces."""
