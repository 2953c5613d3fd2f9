# SPDX-License-Identifier: MIT
"""A boot: the machine, what to boot on it, and what has to come out."""

import re
from dataclasses import dataclass, field

PASSED, FAILED, PANIC = 33, 35, 37  # QEMU's exit status: asm/machine.h


# Variants of the kernel file, beside that of a plain `make`; the Makefile says how each is built.
BUILDS = ("3G", "2G", "1G", "debug", "ubsan", "notests", "term")


def kernel_file(build):
    """The file that is booted for a variant."""
    assert build in BUILDS, build
    return "build/highland.elf" if build == "3G" else f"build/{build}/highland.elf"


def words_of(cmdline):
    """As lib/cmdline.c has it: blanks between double quotes belong to a word, which need not be closed."""
    return [word.replace('"', "") for word in re.findall(r'(?:[^\s"]|"[^"]*(?:"|$))+', cmdline)]


@dataclass
class Row:
    """One boot.

    cmdline None boots `iso` instead of the kernel file; build names the variant of it. The ISO image is on a CD, or
    on a disk or stick: stick is "ide" or "usb". firmware names an OVMF image and the variables that go with it.
    sparse gives the guest more memory than the host has, which must not be touched but here and there. With turns,
    the CPUs take turns in one thread of the host: much faster if there are more CPUs than the host has, and they
    interrupt each other often. tier says which of `make test`, `make test-all` and `make test-long` boots it ("test",
    "all", "long"). expect are regular expressions that the console must match; prepare makes files before the boot;
    bochs has more lines for Bochs; check gets the console text and returns a complaint or None. ktap says that
    results of self-tests are expected, banner that a kernel is started and names its mode.
    """

    name: str
    memory: str
    cmdline: str | None
    machine: str = "pc"
    cpu: str = "max"
    smp: int = 1
    qemu: str = "qemu-system-x86_64"
    build: str = "3G"
    sparse: bool = False
    turns: bool = False
    emulator: str = "qemu"
    iso: str | None = None
    stick: str | None = None
    firmware: tuple | None = None
    extra: list = field(default_factory=list)
    status: int = PASSED
    expect: list = field(default_factory=list)
    prepare: object = None
    bochs: list = field(default_factory=list)
    check: object = None
    ktap: bool = True
    banner: bool = True
    timeout: int = 120
    tier: str = "all"

    @property
    def mode(self):
        """The kernel that has to be started: these CPUs have no PAE."""
        words = self.name.split("-") if self.cmdline is None else words_of(self.cmdline)
        asked = "nopae" in words or "nopae=" in words
        return "non-PAE" if asked or self.cpu.split(",")[0] in ("486", "pentium") else "PAE"

    @property
    def kernel(self):
        return kernel_file(self.build)

    @property
    def mebibytes(self):
        """Memory that the guest takes from the host."""
        if self.sparse:
            return 1024
        unit = {"M": 1, "G": 1024}[self.memory[-1]]
        return int(self.memory[:-1]) * unit


def modes(cmdline):
    """Each paging mode with the command line that asks for it."""
    return (("pae", cmdline), ("nopae", f"nopae {cmdline}"))


def all_of(*checks):
    """A check that makes the first complaint of several checks."""
    return lambda text: next((wrong for check in checks if (wrong := check(text))), None)
