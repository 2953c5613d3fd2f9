# SPDX-License-Identifier: MIT
"""A kernel that was booted, asked for its reports, and stopped: the real machines of this lab."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from machine import Memory

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = str(TOP / "tests/qemu"), str(TOP / "tools/lab")
from guest import Guest  # noqa: E402
from pagetables import PageTables  # noqa: E402

KERNEL = TOP / "build/highland.elf"
PAGE_OFFSET = 0xc0000000


@dataclass
class Stopped:
    """A stopped machine. `walks` has the text of the kernel's own `walk`, by address."""

    mode: str
    memory: Memory
    registers: tuple  # CR3, CR4, EFER
    walks: dict
    ptdump: str
    symbols: dict

    @property
    def pae(self):
        return bool(self.registers[1] & 0x20)

    @property
    def nx(self):
        return self.pae and bool(self.registers[2] & 0x800)

    def tables(self):
        """The trusted reader of its page tables."""
        return PageTables(self.memory.read, self.registers[0], self.pae, self.nx)

    @property
    def layout(self):
        return PAGE_OFFSET, self.symbols["text_start"], self.symbols["text_end"]

    def changed(self):
        """A copy whose memory can be changed."""
        return Stopped(self.mode, self.memory.copy(), self.registers, self.walks, self.ptdump, self.symbols)


def symbols(mode):
    """The addresses of the kernel's symbols."""
    out = subprocess.run(["nm", str(TOP / "build" / mode / "kernel.elf")], check=True, capture_output=True,
                         text=True).stdout
    return {line.split()[2]: int(line.split()[0], 16) for line in out.splitlines()}


def _registers(guest):
    return tuple(guest.registers()[name] for name in ("CR3", "CR4", "EFER"))


def _memory(guest):
    pages = {}
    for start, data in guest.written():
        for at in range(0, len(data), Memory.PAGE):
            page = data[at:at + Memory.PAGE]
            if page.count(0) != len(page):
                pages[(start + at) // Memory.PAGE] = page
    return Memory(guest.size, pages)


def boot(mode, choose, memory="256M", words="highmem=64M"):
    """Boots in a mode ("pae", "nopae") and stops. `choose(pages)` gives the addresses for `walk`, of all
    pages that are mapped."""
    if not KERNEL.exists():
        sys.exit(f"{KERNEL.relative_to(TOP)} is missing: run make first")
    with Guest(memory, str(KERNEL), f"{mode if mode == 'nopae' else ''} {words}".strip()) as guest:
        guest.command("hold")
        guest.qmp("stop")
        stopped = Stopped(mode, Memory(guest.size), _registers(guest), {}, "", symbols(mode))
        tables = PageTables(guest.read, stopped.registers[0], stopped.pae, stopped.nx)
        addresses = choose(list(tables.pages()))
        guest.qmp("cont")
        stopped.walks = {vaddr: guest.command(f"walk {vaddr:#x}") for vaddr in addresses}
        stopped.ptdump = guest.command("ptdump")
        guest.qmp("stop")
        stopped.registers = _registers(guest)
        stopped.memory = _memory(guest)
    return stopped


def told_by_kernel(text):
    """The physical address in the text of `walk`, or None."""
    found = re.search(r" is physical (0x[0-9a-f]+)", text)
    return int(found[1], 16) if found else None
