#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How often CPUs that do the same disturb each other, by their number.

Each CPU is a thread of the host. The counts are exact, but the CPUs interleave differently
in each run. The suite `scaling` of the self-tests asserts the parts that are always true.
"""

import re
import subprocess
import sys

CPUS = (1, 2, 4)
COUNTS = ("flushes", "calls", "kicks", "invlpg", "cr3", "cr4", "waits", "looks")


def boot(mode, cpus):
    """One dictionary of words for each load."""
    append = ("nopae " if mode == "non-PAE" else "") + "run=scaling"
    done = subprocess.run(
        ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "2G", "-smp", str(cpus),
         "-display", "none", "-serial", "stdio", "-no-reboot",
         "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
         "-kernel", "build/highland.elf", "-append", append],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 33:
        sys.exit(f"{mode}, {cpus} CPUs: exit status {done.returncode}, expected 33:\n"
                 + done.stdout[-2000:] + done.stderr)
    lines = re.findall(r"^SCALING (.*?)\r?$", done.stdout, re.M)
    return [dict(word.split("=") for word in line.split()) for line in lines]


def main():
    for mode in ("PAE", "non-PAE"):
        print(f"{mode}: per operation (calls: interrupts to other CPUs, of which each has to flush;")
        print("waits: locks that were not got at once, looks: until they were)")
        print(f"{'operation':<20}{'CPUs':>5}{'operations':>11}" + "".join(f"{c:>10}" for c in COUNTS))
        rows = [row for cpus in CPUS for row in boot(mode, cpus)]
        for name in dict.fromkeys(row["name"] for row in rows):
            for row in (row for row in rows if row["name"] == name):
                print(f"{name:<20}{row['cpus']:>5}{row['ops']:>11}" +
                      "".join(f"{int(row[c]) / int(row['ops']):>10.4g}" for c in COUNTS))
        print(flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
