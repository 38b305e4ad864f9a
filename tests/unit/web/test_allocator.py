"""The server's threads share two arenas of memory."""

import os
import platform
import subprocess
import sys

import pytest

COUNT = """
import ctypes, sys, threading
from autogpt.web.allocator import limit_arenas
if sys.argv[1] == "limited":
    limit_arenas()
c = ctypes.CDLL(None)
c.malloc.restype = c.fopen.restype = ctypes.c_void_p
together = threading.Barrier(6)
def allocate():
    together.wait()
    for _ in range(100):
        c.malloc(ctypes.c_size_t(2000))
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
c.malloc_info(0, ctypes.c_void_p(c.fopen(b"/dev/stdout", b"w")))
c.fflush(None)
"""


def arenas(how: str, **environment: str) -> int:
    plain = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    done = subprocess.run(
        [sys.executable, "-c", COUNT, how], env=plain | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
def test_threads_share_two_arenas_once_they_are_limited():
    assert arenas("plain") > 2
    assert arenas("limited") == 2


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
def test_a_number_set_in_the_environment_stays():
    assert arenas("limited", MALLOC_ARENA_MAX="4") == 4
