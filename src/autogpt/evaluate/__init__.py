"""Measures readers and whole workspaces, compares results, reports. Knows nothing about the command line."""
