"""Use cases, one module each: what the command line, HTTP, the pages and Python share."""
