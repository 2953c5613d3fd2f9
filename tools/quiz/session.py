# SPDX-License-Identifier: MIT
"""A booted kernel that a quiz asks about: its prompt, and its reports as Python values.

Each answer of a quiz is read here, from a report that the kernel printed after the commands of the quiz. No
function of this file computes what the kernel would do.
"""

import json
import random
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from question import QuizError

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(TOP / "tests/qemu"))
from guest import Guest  # noqa: E402

KERNEL = TOP / "build/highland.elf"
QEMU = "qemu-system-x86_64"
SECONDS = 60


@dataclass(frozen=True)
class Level:
    """One line of `walk`: the entry `index` of a table. `target` is None if nothing is present."""

    name: str
    index: int
    value: int
    target: int | None
    is_table: bool
    bits: tuple


@dataclass(frozen=True)
class Walk:
    """`phys` is None if the address is not mapped."""

    cr3: int
    levels: tuple
    phys: int | None


@dataclass(frozen=True)
class Range:
    """One line of `ptdump`."""

    area: str
    start: int
    end: int
    write: bool
    execute: bool
    large: bool


def parse_walk(text):
    """A Walk from the output of `walk`."""
    levels = []
    for name, index, value, kind, at, bits in re.findall(
            r"^(PDPT|PD|PT) +\[ *(\d+)\]  (\w+)  (?:not present|(table|page|large page) at (\w+)\n +(.*))$",
            text, re.M):
        levels.append(Level(name, int(index), int(value, 16), int(at, 16) if kind else None, kind == "table",
                            tuple(bits.split())))
    phys = re.search(r"^\w+ is physical (\w+)$", text, re.M)
    return Walk(int(re.search(r"^CR3 +(\w+)$", text, re.M)[1], 16), tuple(levels), int(phys[1], 16) if phys else None)


def parse_ptdump(text):
    """The Ranges of `ptdump`, in order of address."""
    ranges, area = [], ""
    for line in text.splitlines():
        if line.startswith("---["):
            area = line.strip("-[] ")
        elif found := re.match(r"0x(\w+)-0x(\w+) +\d+\w+ +(RW|ro)(.*) (x|NX) +(pte|pmd)$", line):
            ranges.append(Range(area, int(found[1], 16), int(found[2], 16), found[3] == "RW", found[5] == "x",
                                found[6] == "pmd"))
    return ranges


class Session:
    """A Guest with its RAM and paging mode. Commands that fail end the quiz."""

    def __init__(self, guest, ram, pae):
        self.guest, self.ram, self.pae = guest, ram, pae

    def __str__(self):
        return f"{self.ram} of RAM, {'with' if self.pae else 'without'} PAE"

    def say(self, command):
        """The output of a command, without the next prompt."""
        return self.guest.command(command).rpartition("\nhighland> ")[0]

    def expect(self, command, pattern):
        """A match of `pattern` in the output of a command, which must have one."""
        text = self.say(command)
        found = re.search(pattern, text, re.M)
        if not found:
            raise QuizError(f"`{command}` on a machine with {self}: expected {pattern!r}, got\n{text}")
        return found

    def zones(self):
        """name: {free, min, managed, free_blocks, ...} of each zone, as `report json zones` says."""
        return {zone["name"]: zone for zone in json.loads(self.say("report json zones"))["zones"]["zones"]}

    def free_blocks(self, zone):
        """first frame: order, of each free block of a zone, as `report json frames` says."""
        document = json.loads(self.say("report json zones frames"))
        number = [each["name"] for each in document["zones"]["zones"]].index(zone)
        state = document["frames"]["states"].index("free")
        return {pfn: order for first, frames, is_state, order, of in document["frames"]["runs"]
                if (is_state, of) == (state, number) for pfn in range(first, first + frames, 1 << order)}

    def free_counts(self, zone):
        """The row of `buddyinfo`."""
        return list(map(int, self.expect("buddyinfo", rf"zone +{zone} ([ \d]+)$")[1].split()))

    def walk(self, vaddr):
        return parse_walk(self.say(f"walk {vaddr:#x}"))

    def ptdump(self):
        return parse_ptdump(self.say("ptdump"))


def start(rng, rams, kernel=KERNEL):
    """Boots a machine that the seed selects: one of `rams`, in one of the paging modes."""
    if not shutil.which(QEMU):
        raise QuizError(f"{QEMU} is not installed; `make run` installs what it needs, or says how")
    if not Path(kernel).is_file():
        raise QuizError(f"{kernel} does not exist; `make` builds it")
    ram, pae = rng.choice(rams), rng.random() < 0.5
    try:
        guest = Guest(ram, str(kernel), "" if pae else "nopae", timeout=SECONDS)
    except (TimeoutError, EOFError) as error:
        raise QuizError(f"the kernel did not boot with {ram}: {error}") from error
    session = Session(guest, ram, pae)
    build = json.loads(session.say("report json build"))["build"]
    if build["debug"] or build["page_offset"] != 0xc0000000:
        guest.close()
        raise QuizError(f"{kernel} is built with DEBUG={build['debug']:d} and begins at {build['page_offset']:#x}: "
                        "expected DEBUG=0 VMSPLIT=3G, as `make` builds it")
    return session


def seeded(topic, seed):
    """Random numbers that depend on topic and seed, on each machine and version of Python."""
    return random.Random(f"{topic} {seed}")
