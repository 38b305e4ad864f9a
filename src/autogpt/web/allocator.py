"""How the server's memory is shared among its threads.

glibc gives threads up to eight arenas a core, and each keeps what its thread once freed. In a server whose threads
answer in turn that is memory for nothing.
"""

import ctypes
import os
import sys

_M_ARENA_MAX = -8  # of mallopt(3)
_ARENAS = 2


def limit_arenas() -> None:
    """Keep glibc at two arenas, unless the environment sets a number; elsewhere nothing is done.

    Only arenas still to be made are kept from being made: call it before threads start.
    """
    if not sys.platform.startswith("linux") or "MALLOC_ARENA_MAX" in os.environ:
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl, another C library, has none
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)
