"""Opens the socket to listen on, and says who can reach it.

In: an address. Out: a listening socket. Imports no web framework, so that a wrong address is told at once.
"""

import errno
import socket
from ipaddress import ip_address

from autogpt.errors import UsageError


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address. Raises UsageError when it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(128)
    except OSError as error:
        made.close()
        if isinstance(error, PermissionError):
            hint = "Choose a port from 1024 on, for example: --port 8000"
        elif error.errno == errno.EADDRINUSE:
            hint = "Stop what uses it, or choose another: --port 0 picks a free one."
        else:
            hint = "Choose another --host or --port."
        raise UsageError(f"Cannot listen on {host}, port {port}: {error.strerror}.", hint) from None
    return made


def url_of(listening: socket.socket) -> str:
    """The address for a browser on this machine."""
    host, port = listening.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
