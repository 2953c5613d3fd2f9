# SPDX-License-Identifier: MIT
"""Hidden steps that differ by a number: the teacher chooses the seed of a grading, and keeps it secret until
the points are out. The same seed gives the same machines."""

import dataclasses
import random

MEBIBYTE = 1 << 20
LOWEST, KEPT = 32, 16  # MiB at either end of RAM without a hole, for the kernel itself and for what it needs
HIGHEST = 2048  # MiB: a firmware may have the devices above
UNITS = {"M": 1, "G": 1024, "T": 1 << 20}


def memory_map(ram, rng):
    """Words of memmap= that reserve three to six ranges, together at most a sixteenth of RAM."""
    mebibytes = int(ram[:-1]) * UNITS[ram[-1]]
    end = min(mebibytes, HIGHEST) - KEPT
    holes = rng.randint(3, 6)
    room = (end - LOWEST) // holes
    most = max(1, min(mebibytes // 16 // holes, room // 2)) * 256  # pages
    words = []
    for hole in range(holes):
        pages = rng.randint(1, most)
        first = (LOWEST + hole * room) * 256
        start = rng.randrange(first, first + room * 256 - pages)
        words.append(f"{pages * 4}K${start * 4}K")
    return "memmap=" + ",".join(words)


def _seeded(boot, seed, rng):
    words = [boot.cmdline.replace("{seed}", str(seed))]
    ram = boot.ram.replace("{seed}", str(seed))
    if boot.maps:
        words.append(memory_map(ram, rng))
    return dataclasses.replace(boot, ram=ram, cmdline=" ".join(word for word in words if word))


def steps(lab, seed):
    """The steps of a lab with the machines of a seed."""
    made = []
    for step in lab.steps:
        rng = random.Random(f"{lab.name} {step.name} {seed}")
        made.append(dataclasses.replace(step, boots=[_seeded(boot, seed, rng) for boot in step.boots],
                                        python=[word.replace("{seed}", str(seed)) for word in step.python]))
    return made
