#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where the instructions of a row of ubench are executed, by function of the kernel.

	tests/qemu/profile_row.py fork_exit_wait

QEMU logs each block of instructions that it executes. A block is counted with its number of instructions, for the
function that its address belongs to. The program reads the TSC before and after each row, so the blocks between
two such reads are those of one row. A read is seen when the program reaches the place behind it: a page fault
can end its block before it. A long row is cut after some millions of blocks: the shares stay the same.
Each repetition of a string instruction counts, as in the table of `make bench`.
"""

import argparse
import bisect
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

PROGRAM = Path("tests/ubench/ubench.c")
LINUX = Path("tests/bench/user_linux.csv")
MOST_BLOCKS = 5_000_000
RDTSC_SIZE = 2  # bytes of the instruction
EXECUTED = re.compile(r"^Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/")
INSTRUCTION = re.compile(r"^0x([0-9a-f]+):  (.*)")


def group_of(row):
    """The group of rows that has this one, by the source of the program."""
    text = PROGRAM.read_text(encoding="utf-8")
    groups = re.findall(r"^static void b_(\w+)\(", text, re.M)
    return next((group for group in groups if rows_before(group, row) is not None), None)


def rows_before(group, row):
    """The number of rows of the group that are measured before this one; None if the row is not there."""
    text = PROGRAM.read_text(encoding="utf-8")
    body = text[text.index(f"static void b_{group}("):]
    known = {line.split(",")[0] for line in LINUX.read_text(encoding="utf-8").splitlines()}
    # A call of fail() measures nothing; the images that b_exec() starts report its first row.
    names = [*(["exec_self"] if group == "exec" else []),
             *re.findall(r"(?<!fail\()\"(\w+)\"", body[:body.index("\n}\n")])]
    names = [name for name in dict.fromkeys(names) if name in known]
    return names.index(row) if row in names else None


def symbols(elf):
    """(addresses, names) of the functions, sorted; nasm's labels within a function begin with two dots."""
    text = subprocess.run(["nm", "-n", elf], capture_output=True, text=True, check=True).stdout
    found = [(int(at, 16), name) for at, name in re.findall(r"^([0-9a-f]+) [tT] (?!\.\.)(\S+)$", text, re.M)]
    return [at for at, _ in found], [name for _, name in found]


class Blocks:
    """Counts the blocks of one row: `row` others are measured before it."""

    def __init__(self, row):
        self.sizes = {}
        self.behind = {}  # of each block that ends by reading the TSC: where the program continues
        self.awaited = None  # that place, of the last such block
        self.counts, self.blocks, self.edges, self.row = Counter(), 0, 0, row
        self.at = None  # the block whose instructions are being listed

    def take(self, line):
        """One line of the log; False if the row is over."""
        if line.startswith("Trace"):
            address = int(EXECUTED.match(line)[1], 16)
            if address == self.awaited:
                self.edges += 1
                self.awaited = None
            self.awaited = self.behind.get(address, self.awaited)
            if self.edges == 2 * self.row + 1:
                self.counts[address] += 1
                self.blocks += 1
            return self.edges < 2 * self.row + 2 and self.blocks < MOST_BLOCKS
        if line.startswith("IN:"):
            self.at = None
        elif (found := INSTRUCTION.match(line)):
            address = int(found[1], 16)
            if self.at is None:
                self.at = address
                self.sizes[address] = 0
            self.sizes[self.at] += 1
            if "rdtsc" in found[2] and 0x08000000 <= address < 0x08800000:
                self.behind[self.at] = address + RDTSC_SIZE
        return True


def run(mode, group, blocks):
    """Boots, and feeds the log of QEMU to `blocks` until the row is over."""
    append = ("nopae " if mode == "nopae" else "") + f'run="exec /bin/ubench {group}"'
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        os.mkfifo(log)
        with subprocess.Popen(
                ["qemu-system-x86_64", "-accel", "tcg", "-icount", "shift=0,sleep=off", "-cpu", "max", "-m", "4G",
                 "-display", "none", "-serial", "null", "-no-reboot", "-device",
                 "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", "build/highland.elf", "-initrd",
                 "build/ubench.cpio", "-append", append, "-d", "in_asm,exec,nochain", "-D", log],
                stdin=subprocess.DEVNULL) as guest:
            with open(log, encoding="latin-1") as lines:
                for line in lines:
                    if not blocks.take(line):
                        break
                guest.kill()


def show(blocks, elf, limit):
    addresses, names = symbols(elf)
    by_name = Counter()
    for address, count in blocks.counts.items():
        place = bisect.bisect_right(addresses, address) - 1
        name = names[place] if place >= 0 and address >= addresses[0] else "(the program)"
        by_name[name] += count * blocks.sizes.get(address, 1)
    total = by_name.total()
    print(f"{total} instructions in {blocks.counts.total()} blocks")
    for name, count in by_name.most_common(limit):
        print(f"{100 * count / total:6.2f} %  {count:>12}  {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", help="a row of ubench, such as fork_exit_wait")
    parser.add_argument("--mode", choices=("pae", "nopae"), default="pae")
    parser.add_argument("--limit", type=int, default=30, help="number of functions to show")
    args = parser.parse_args()
    group = group_of(args.row)
    place = rows_before(group, args.row) if group else None
    if place is None:
        sys.exit(f"'{args.row}', expected a row of {PROGRAM}")
    blocks = Blocks(place)
    run(args.mode, group, blocks)
    if not blocks.counts:
        sys.exit(f"{args.row}: no instruction was seen between its two reads of the TSC")
    show(blocks, f"build/{args.mode}/kernel.elf", args.limit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
