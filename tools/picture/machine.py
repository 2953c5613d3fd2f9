# SPDX-License-Identifier: MIT
"""The machine that a picture is made of: its size, its boot parameters, and the guest itself."""

import re

from guest import Guest

LEAST, MOST = 16, 128 << 10  # MiB
ARCHIVE = "build/initrd.cpio"  # the programs: user/build.mk
LOWMEM = 896  # MiB: a machine with less RAM has no high memory of its own


class MachineError(Exception):
    """A machine that cannot be made."""


def mebibytes(ram):
    """RAM= in MiB. Raises a MachineError if it is none."""
    match = re.fullmatch(r"([1-9]\d*)([MG])", ram)
    size = int(match[1]) << (10 if match[2] == "G" else 0) if match else 0
    if not LEAST <= size <= MOST:
        raise MachineError(f"RAM={ram}: expected a size from {LEAST}M to {MOST >> 10}G, such as 512M or 4G")
    return size


def command_line(ram, pae, highmem=False):
    """Boot parameters. A machine whose RAM is all lowmem gets half of it as high memory if it needs some."""
    if pae not in ("auto", "1", "0"):
        raise MachineError(f"PAE={pae}: expected auto, 1 or 0")
    size = mebibytes(ram)
    words = ["nopae"] if pae == "0" else []
    if highmem and size <= LOWMEM:
        words.append(f"highmem={size // 2}M")
    return " ".join([*words, "loglevel=4", "seed=1"])


def boot(kernel, ram, pae, highmem=False, cpus=1, programs=False):
    """A guest at its prompt, with files if it shall run programs."""
    return Guest(ram, kernel, command_line(ram, pae, highmem), cpus=cpus, initrd=ARCHIVE if programs else None)
