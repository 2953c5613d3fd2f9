#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Grades the steps of the lab: labs/walk/check.py [--step NAME]... [--student FILE] [--seed N]

Each step asks functions of the student's module, in a process of its own (student.py), and compares the
answers with tables made here (tables.py), or with real kernels (boot.py) that tests/qemu/pagetables.py
reads. For each step it prints the reason of the first failure and a line "ok NAME" or "not ok NAME". If the
environment has LAB_KEY, a line "# graded" with a signature follows, which the module cannot make.
"""

import argparse
import ctypes
import functools
import os
import random
import sys
from pathlib import Path

import boot
import plant
import signed
from pagetables import GLOBAL, LARGE, NX, PAGE, PCD, PRESENT, PWT, USER, WRITE
from student import Raised, Student
from tables import PAT, PAT_LARGE, Maker

HERE = Path(__file__).resolve().parent
# Their reads are counted in the challenge only.
READ_ALL_TABLES = ("mappings", "reverse", "audit")


class Wrong(Exception):
    """An answer that is not right."""


def shown(value):
    """A value of an answer, numbers in hexadecimal."""
    if isinstance(value, bool) or not isinstance(value, (int, list, tuple)):
        return repr(value)
    if isinstance(value, int):
        return hex(value) if abs(value) > 9 else str(value)
    text = ", ".join(map(shown, value[:7])) + (", ..." if len(value) > 7 else "")
    return f"({text})"


def reads_of(memory):
    """The reads of a call, for a message."""
    some = ", ".join(f"{size} bytes at {paddr:#x}" for paddr, size in memory.reads[:6])
    return f"its reads: {some or 'none'}" + (f", ... ({len(memory.reads)})" if len(memory.reads) > 6 else "")


class Checker:
    """Asks one student's module."""

    def __init__(self, student, seed):
        self.student, self.seed = student, seed
        self.random = random.Random(seed)

    # --- asking ---

    def ask(self, name, machine, *args, counted=False):
        """The answer of a function; `machine` is None or has `memory` and `registers`."""
        memory = machine.memory if machine else None
        by_page = name in READ_ALL_TABLES and not counted
        if memory:
            memory.reads.clear()
        try:
            return self.student.call(name, memory, machine and machine.registers, *args, by_page=by_page)
        except Raised as error:
            what = f"{name}({', '.join((['machine'] if machine else []) + [shown(a) for a in args])})"
            lines = [f"{what} raised {error}"]
            if memory and memory.reads and not by_page and "yours to write" not in str(error):
                lines.append(reads_of(memory))
            raise Wrong("\n".join(lines)) from None

    def expect(self, want, name, machine, *args, because=()):
        got = self.ask(name, machine, *args)
        if got != (list(want) if isinstance(want, tuple) else want):
            what = f"{name}({', '.join((['machine'] if machine else []) + [shown(a) for a in args])})"
            lines = [f"{what} returned {shown(got)}, expected {shown(want)}"]
            if machine and name not in READ_ALL_TABLES:
                lines.append(reads_of(machine.memory))
            raise Wrong("\n".join([*lines, *because]))

    def entries(self, machine, vaddr):
        """The entries that translate an address, as text."""
        read, lines = machine.memory.read, []
        width, frame = (8, 0xffffffffff000) if machine.pae else (4, 0xfffff000)
        indices = [("PDPT", vaddr >> 30), ("PD", vaddr >> 21 & 511), ("PT", vaddr >> 12 & 511)] \
            if machine.pae else [("PD", vaddr >> 22), ("PT", vaddr >> 12 & 1023)]
        table = machine.registers[0] & (~0x1f if machine.pae else ~0xfff)
        for name, index in indices:
            value = int.from_bytes(read(table + index * width, width), "little")
            lines.append(f"{name}[{index}] at {table + index * width:#x} is {value:#x}")
            if not value & PRESENT or (name == "PD" and value & LARGE):
                break
            table = value & frame
        return [f"CR3 is {machine.registers[0]:#x}", *lines]

    def translations(self, name, machine, pairs):
        """name(machine, vaddr) for each (vaddr, paddr)."""
        for vaddr, paddr in pairs:
            self.expect(paddr, name, machine, vaddr, because=self.entries(machine, vaddr))

    # --- tables made by hand ---

    def address(self, size=PAGE):
        return self.random.randrange(0, 1 << 32, size)

    def step_split(self):
        for vaddr in (0xc0100123, 0, 0xffffffff, *(self.random.getrandbits(32) for _ in range(50))):
            self.expect((vaddr >> 22, vaddr >> 12 & 1023, vaddr & 4095), "split", None, vaddr)

    def small_pages(self, maker, top):
        """Maps pages of 4 KiB at random addresses; the pairs to ask for."""
        pairs = {}
        for number, vaddr in enumerate((0xc0100000, 0xfffff000, 0, *(self.address() for _ in range(12)))):
            paddr = self.random.randrange(0, top, PAGE)
            bits = self.random.choice((WRITE, USER, WRITE | GLOBAL | 0x60, PWT | PCD | 0xe00))
            maker.map(vaddr, paddr, bits | (PAT if number % 3 == 1 else 0))
            pairs[vaddr] = paddr
        offsets = [0x123, *(self.random.randrange(PAGE) for _ in pairs)]
        return [(vaddr + at, paddr + at) for (vaddr, paddr), at in zip(pairs.items(), offsets)]

    def step_walk(self):
        maker = Maker(False, self.seed)
        self.translations("walk", maker, self.small_pages(maker, 1 << 32))

    def absent(self, pairs):
        """Addresses beside these pages, and anywhere, with the answer None."""
        used = {vaddr >> 12 for vaddr, _ in pairs}
        near = [vaddr ^ 0x1000 for vaddr, _ in pairs]
        return [(vaddr, None) for vaddr in (*near, *(self.address(1) for _ in range(40))) if vaddr >> 12 not in used]

    def step_holes(self):
        maker = Maker(False, self.seed)
        pairs = self.small_pages(maker, 1 << 32)
        self.translations("walk", maker, self.absent(pairs) + pairs[:2])

    def large_pages(self, maker, top):
        size = 1 << maker.shift
        pairs = []
        for number, vaddr in enumerate({0xc0000000, *(self.address(size) for _ in range(10))}):
            paddr = self.random.randrange(0, top, size)
            bits = self.random.choice((WRITE, WRITE | GLOBAL | 0x60, PCD))
            maker.map_large(vaddr, paddr, bits | (PAT_LARGE if number % 3 == 1 else 0))
            pairs += [(vaddr + at, paddr + at) for at in (0, 0x12345, size - 1)]
        return pairs

    def step_large(self):
        maker = Maker(False, self.seed)
        self.translations("walk", maker, self.large_pages(maker, 1 << 32))

    def step_pae(self):
        for vaddr in (0xc0100123, 0, 0xffffffff, *(self.random.getrandbits(32) for _ in range(20))):
            self.expect((vaddr >> 30, vaddr >> 21 & 511, vaddr >> 12 & 511, vaddr & 4095), "split_pae", None, vaddr)
        maker = Maker(True, self.seed)
        pairs = self.small_pages(maker, 1 << 32)
        self.translations("walk_pae", maker, pairs)
        self.translations("walk_pae", maker, self.absent(pairs))
        maker = Maker(True, self.seed)
        maker.map(0xc0100000, 0x123456000, WRITE | NX)
        pairs = [(0xc0100000, 0x123456000)]
        self.translations("walk_pae", maker, pairs + self.absent(pairs))
        self.translations("walk_pae", maker, self.large_pages(maker, 1 << 52))

    def step_rights(self):
        for _ in range(200):
            nx = self.random.random() < 0.7
            entries = [PRESENT | self.random.getrandbits(20) << 12 | self.random.getrandbits(2) << 1
                       | (NX if nx and self.random.random() < 0.4 else 0)
                       for _ in range(self.random.choice((1, 2)))]
            write, user = (all(entry & bit for entry in entries) for bit in (WRITE, USER))
            execute = not (nx and any(entry & NX for entry in entries))
            self.expect((write, user, execute), "rights", None, entries, nx)
        self.expect((True, False, True), "rights", None, [NX | PRESENT | WRITE], False,
                    because=["NX has no effect: the second argument is False"])

    # --- real kernels ---

    def some_addresses(self, pages):
        """Addresses of pages of each size and region, and of holes."""
        one = random.Random(self.seed)
        large = [page for page in pages if page.large]
        chosen = [page.vaddr + one.randrange(page.size)
                  for page in one.sample(large, min(3, len(large))) + one.sample(pages, 8) + pages[-3:]]
        return [*chosen, 0xc0100000, 0x1000, 0xffffffff, 0xcc7ff000]

    @functools.cached_property
    def kernels(self):
        """A stopped kernel of each mode."""
        return [boot.boot(mode, self.some_addresses) for mode in ("pae", "nopae")]

    @staticmethod
    def mapping(page):
        return [page.vaddr, page.phys, page.size, page.write, page.user, page.execute, page.bits & (PWT | PCD)]

    def all_mappings(self, stopped):
        return [self.mapping(page) for page in stopped.tables().pages()]

    def translate_like_kernel(self, stopped):
        known = self.all_mappings(stopped)
        for vaddr, told in stopped.walks.items():
            page = next((m for m in known if m[0] <= vaddr < m[0] + m[2]), None)
            paddr = None if page is None else page[1] + vaddr - page[0]
            if paddr != boot.told_by_kernel(told):
                sys.exit(f"check.py: {vaddr:#x} is {paddr}, and the kernel said:\n{told}")
            says = [f"the kernel's `walk {vaddr:#x}`:", *told.splitlines()[:-1]]
            self.expect(page, "translate", stopped, vaddr, because=says)

    def step_boot(self):
        for stopped in self.kernels:
            self.translate_like_kernel(stopped)
        changed = self.with_plants(self.kernels[0], [plant.no_nx])
        for page in self.all_mappings(changed)[-3:]:
            self.expect(page, "translate", changed, page[0], because=["the pae kernel, changed: EFER.NXE is 0"])

    def list_all(self, stopped, counted=False, what=""):
        where = f"mappings() of the {stopped.mode} kernel{what}"
        want = self.all_mappings(stopped)
        try:
            got = self.ask("mappings", stopped, counted=counted)
        except Wrong as wrong:
            raise Wrong(f"{wrong}\nfor {where}") from None
        if got == want:
            return
        if not isinstance(got, list):
            raise Wrong(f"{where} returned {shown(got)}, expected a list of Mappings")
        for number, (one, other) in enumerate(zip(got, want)):
            if one != other:
                raise Wrong(f"{where}: number {number} is {shown(one)},\nexpected {shown(other)}")
        raise Wrong(f"{where} has {len(got)} Mappings, expected {len(want)}")

    def step_list(self):
        for stopped in self.kernels:
            self.list_all(stopped)
            for put in (plant.flags_of_cr3, plant.absent_entries, plant.pat_bits):
                self.list_all(self.with_plants(stopped, [put]), what=f", changed: {put.__doc__}")

    def reverse_some(self, stopped):
        pages = self.all_mappings(stopped)
        for page in self.random.sample(pages, 4) + [m for m in pages if m[2] > PAGE][:1] + pages[-1:]:
            paddr = page[1] + self.random.randrange(page[2])
            want = [m[0] + paddr - m[1] for m in pages if m[1] <= paddr < m[1] + m[2]]
            self.expect(want, "reverse", stopped, paddr)
        ends = {m[1] + m[2] for m in pages}
        edge = next(m[1] for m in pages if m[1] in ends)
        self.expect([m[0] + edge - m[1] for m in pages if m[1] <= edge < m[1] + m[2]], "reverse", stopped, edge,
                    because=["one page ends before this address, and another one begins there"])
        self.expect([], "reverse", stopped, stopped.memory.size - 0x123000)

    def with_plants(self, stopped, plants):
        changed = stopped.changed()
        planter = plant.Planter(changed, self.seed)
        for put in plants:
            put(planter)
        return changed

    def step_reverse(self):
        for stopped in self.kernels:
            self.reverse_some(stopped)
            self.reverse_some(self.with_plants(stopped, [plant.text_alias, plant.two_caches_large,
                                                         plant.shared_table]))

    def audit_one(self, stopped, what):
        want = plant.errors(stopped)
        got = self.ask("audit", stopped, stopped.layout)
        where = f"audit() of the {stopped.mode} kernel, {what}"
        if not isinstance(got, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in got):
            raise Wrong(f"{where} returned {shown(got)}, expected a set of pairs (kind, address)")
        got = {tuple(pair) for pair in got}
        for kind, pairs in (("misses", want - got), ("has, and should not,", got - want)):
            if pairs:
                some = ", ".join(f"({name!r}, {vaddr:#x})" for name, vaddr in sorted(pairs)[:3])
                raise Wrong(f"{where}: it {kind} {some}" + (f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""))

    def step_audit(self):
        for stopped in self.kernels:
            self.audit_one(stopped, "as it booted")
            for put in plant.PLANTS:
                self.audit_one(self.with_plants(stopped, [put]), f"changed: {put.__doc__}")
            self.audit_one(self.with_plants(stopped, plant.PLANTS), "with all changes")
        self.audit_one(self.with_plants(self.kernels[0], [plant.no_nx]), f"changed: {plant.no_nx.__doc__}")

    def step_challenge(self):
        for stopped in self.kernels:
            for changed in (stopped, self.with_plants(stopped, [plant.shared_table])):
                self.list_all(changed, counted=True)
                cost = sum(-(-size // PAGE) for _, size in changed.memory.reads)
                most = plant.nr_tables(changed)
                if cost > most:
                    raise Wrong(f"mappings() of the {stopped.mode} kernel costs {cost} reads of at most {PAGE} "
                                f"bytes, expected at most {most}: one for each table")

    def step_hidden(self):
        for mode, choices in (("pae", ("", "nopge")), ("nopae", ("", "nopge", "nopse"))):
            memory = self.random.choice(("160M", "224M", "320M", "480M"))
            words = self.random.choice(choices)
            stopped = boot.boot(mode, self.some_addresses, memory, f"highmem=48M {words}".strip())
            self.translate_like_kernel(stopped)
            changed = self.with_plants(stopped, plant.PLANTS)
            self.list_all(changed)
            self.reverse_some(changed)
            self.audit_one(changed, "with all changes")


STEPS = [name[5:] for name in vars(Checker) if name.startswith("step_")]


def take_key():
    """The grader's key. No other process of this user can look into this one from now on.

    An administrator still can, and /proc/PID/environ shows the environment as it was at the start. So the
    key is overwritten there.
    """
    key = os.environ.get("LAB_KEY", "")
    if key:
        pr_set_dumpable = 4
        libc = ctypes.CDLL(None)
        libc.prctl(pr_set_dumpable, 0, 0, 0, 0)
        libc.getenv.restype = ctypes.c_void_p
        ctypes.memset(libc.getenv(b"LAB_KEY"), ord("x"), len(key))
        del os.environ["LAB_KEY"]
    return key


def run(step, path, seed, key):
    """Runs a step; True if it passed."""
    with Student(path) as student:
        try:
            getattr(Checker(student, seed), f"step_{step}")()
            verdict = f"ok {step}"
        except Wrong as wrong:
            verdict = f"not ok {step}"
            print("\n".join(f"# {line}" for line in str(wrong).splitlines()))
            if student.output():
                print("# your module printed:", *student.output(), sep="\n#   ")
    print(verdict)
    if key:
        print(f"# graded {verdict} {signed.Chain(key).sign(verdict)}")
    sys.stdout.flush()
    return verdict.startswith("ok")


def main():
    key = take_key()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", action="append", choices=STEPS)
    parser.add_argument("--student", default=HERE / "walk.py")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    results = [run(step, args.student, args.seed, key) for step in args.step or STEPS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
