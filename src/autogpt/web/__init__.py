"""The HTTP service and the chat page."""
