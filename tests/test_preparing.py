"""What a command that makes pictures sets up in its process before it begins."""

import platform
import subprocess
import sys

import pytest

KEPT_MIB = """
import resource
import sys
from graph.commands.preparing import load_workflow

def resident_mib():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * resource.getpagesize() / 2**20

if "prepared" in sys.argv:
    load_workflow()
bytearray(8 * 2**20)  # the first one that is freed raises glibc's own limit
before = resident_mib()
kept = []
for _ in range(10):
    pixels = bytearray(6 * 2**20)
    kept.append(bytearray(100 * 2**10))  # lies behind them in the heap, so that the heap cannot shrink
    kept.append(pixels)
del kept[1::2], pixels
print(resident_mib() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep memory by rules of their own")
@pytest.mark.parametrize(("prepared", "kept"), [(True, False), (False, True)])
def test_the_memory_of_a_picture_is_given_back_at_once(prepared, kept):
    """Sixty MiB of pixels are freed: glibc alone keeps them, since smaller blocks lie in between."""
    words = [sys.executable, "-c", KEPT_MIB, *(["prepared"] if prepared else [])]
    done = subprocess.run(words, capture_output=True, text=True, check=True)

    assert kept == (float(done.stdout) > 20)
