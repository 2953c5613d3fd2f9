# SPDX-License-Identifier: MIT
"""Boots with much data in little memory, and with much memory and little lowmem. docs/swap.md has Linux's figures."""

import re

from reclaim_rows import row
from swap_rows import MIB

# Pages that Linux reads and writes, by machine and order of the pages.
LINUX = {("128M", "seq"): (98321, 122932), ("128M", "rand"): (80932, 98230),
         ("4G", "seq"): (3047167, 3781120), ("4G", "rand"): (1938590, 2600440)}
LINUX_LOWFREE = 159560  # KiB, when `verify 20 100 1 seq alone 2800` ends on 62 GiB


def _at_most(limits):
    def check(text):
        for name, most in zip(("pswpin", "pswpout"), limits):
            found = re.search(rf"^{name} (\d+)\s*$", text, re.M)
            if not found or int(found[1]) > most:
                return f"{name} is {found and found[1]}, Linux's is {most}"
        return None
    return check


def _data(name, memory, mode, order, also=None, **settings):
    procs, mib = (1, 192) if memory == "128M" else (3, 2048)
    programs = [f"/tests/verify {procs} {mib} 2 {order} alone", "/bin/cat /proc/vmstat"]
    return row(name, memory, mode, programs, ["^VERIFY ok$", "^pswpout [1-9]", " 0 mistakes"],
               swap=(128 if memory == "128M" else 4096) * MIB, also=also, **settings)


def _small():
    yield _data("big-128M-seq-pae", "128M", "", "seq", _at_most(LINUX["128M", "seq"]))
    yield _data("big-128M-rand-nopae", "128M", "nopae", "rand", _at_most(LINUX["128M", "rand"]))


def _large():
    settings = {"tier": "long", "timeout": 3000}
    for order in ("seq", "rand"):
        yield _data(f"big-4G-{order}-pae-vda-smp1", "4G", "", order, _at_most(LINUX["4G", order]), **settings)
        # Without PAE, 3.5 of the 4 GiB can be reached.
        yield _data(f"big-4G-{order}-nopae-vda-smp4", "4G", "nopae", order, smp=4, turns=True,
                    **settings)
        yield _data(f"big-4G-{order}-nopae-hda-smp1", "4G", "nopae", order, ide=True, **settings)
        yield _data(f"big-4G-{order}-pae-hda-smp4", "4G", "", order, ide=True, smp=4, turns=True,
                    **settings)


def _lowfree(text):
    found = re.search(r"^VERIFY pass=1 .* LowFree_kib=(\d+)", text, re.M)
    if not found or int(found[1]) < LINUX_LOWFREE:
        return f"LowFree is {found and found[1]} KiB, Linux's is {LINUX_LOWFREE}"
    return None


def _wide():
    """20 processes map 56 GiB, nearly all of their address spaces, and touch 14 GiB. The host needs these 14 GiB."""
    yield row("big-62G", "62G", "", ["/tests/verify 20 717 1 seq alone 2868"], ["^VERIFY ok$", " 0 mistakes"],
              also=_lowfree, sparse=True, tier="long", timeout=3000)


PARTS = (_small, _large, _wide)
