#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows a stopped kernel to your code: labs/walk/look.py [--nopae] [ADDRESS]...

Boots the kernel, lets it report on the addresses, and stops it. Then it prints the registers, the entries of
the top table, and for each address what the kernel's own `walk` said, what walk.py says, and which bytes are
there. Without an address it takes the start of the kernel's code and the page that `hold` has mapped.
"""

import argparse
import importlib.util
import sys
from pathlib import Path

import boot
from machine import Machine, NoMemory
from student import reason

WALK = Path(__file__).resolve().parent / "walk.py"


def student_module():
    """The module walk.py, or the exit of the program with its mistake."""
    spec = importlib.util.spec_from_file_location("walk", WALK)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        sys.exit(f"walk.py cannot be loaded: {reason(error, str(WALK))}")
    return module


def show_top(stopped):
    """The entries of the top table that are not zero, as numbers."""
    width, count, mask = (8, 4, ~0x1f) if stopped.pae else (4, 1024, ~0xfff)
    top = stopped.registers[0] & mask
    entries = [(at, int.from_bytes(stopped.memory.read(top + at * width, width), "little")) for at in range(count)]
    used = [(at, value) for at, value in entries if value]
    print(f"The top table is at {top:#x}; {len(used)} of its {count} entries are not 0:")
    for at, value in used[:6]:
        print(f"  [{at:4}] at {top + at * width:#x}: {value:#x}")
    if len(used) > 6:
        print(f"  and {len(used) - 6} more, up to [{used[-1][0]}]")


def show_bytes(stopped, paddr):
    try:
        data = stopped.memory.read(paddr, 16)
    except NoMemory:
        print("    no RAM is there: the registers of a device")
        return
    print(f"    bytes there: {data.hex(' ')}  {''.join(chr(b) if 32 <= b < 127 else '.' for b in data)}")


def show_address(stopped, module, vaddr):
    print(f"\n{vaddr:#x}\n  the kernel:")
    for line in stopped.walks[vaddr].splitlines()[:-1]:
        print(f"    {line}")
    machine = Machine(stopped.memory.read, *stopped.registers)
    name = "walk_pae" if stopped.pae else "walk"
    print(f"  your {name}():")
    try:
        paddr = getattr(module, name)(machine, vaddr)
    except Exception as error:
        print(*(f"    {line}" for line in reason(error, str(WALK)).splitlines()), sep="\n")
        return
    if not isinstance(paddr, int):
        print(f"    {paddr!r}")
        return
    print(f"    {paddr:#x}")
    show_bytes(stopped, paddr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nopae", action="store_true", help="boot the kernel without PAE")
    parser.add_argument("address", nargs="*", type=lambda text: int(text, 0), metavar="ADDRESS")
    args = parser.parse_args()

    def choose(pages):
        held = [page.vaddr for page in pages if page.vaddr < 0xfff00000][-1:]
        return args.address or [symbols["text_start"], *held]

    mode = "nopae" if args.nopae else "pae"
    for vaddr in args.address:
        if not 0 <= vaddr < 1 << 32:
            parser.error(f"address {vaddr:#x}: expected 0 to 0xffffffff")
    symbols = boot.symbols(mode)
    module = student_module()
    stopped = boot.boot(mode, choose)
    print("A kernel {} PAE, stopped. CR3 is {:#x}, CR4 is {:#x}, EFER is {:#x}.".format(
        "without" if args.nopae else "with", *stopped.registers))
    show_top(stopped)
    for vaddr in stopped.walks:
        show_address(stopped, module, vaddr)


if __name__ == "__main__":
    main()
