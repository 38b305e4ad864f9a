"""From a question to an answer with its citation: the one pipeline of command line, HTTP, pages and evaluation."""
