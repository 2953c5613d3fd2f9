#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions of a boot, by amount of RAM and paging mode.

Under -icount each instruction is one tick of the TSC (time stamp counter), so two runs give the same
digits. Each boot is made three times, and a difference is an error. Waits for a timer are listed
separately.
"""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

SIZES = ("512M", "4G", "16G", "62G")
RUNS = 3


def command(memory, mode):
    append = ("nopae " if mode == "non-PAE" else "") + "run=bootcost"
    return ["qemu-system-x86_64", "-accel", "tcg", "-icount", "shift=0,sleep=off",
            "-cpu", "max,phys-bits=40", "-m", memory, "-machine", "pc,memory-backend=ram",
            "-object", f"memory-backend-ram,id=ram,size={memory},reserve=off", "-display", "none",
            "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-kernel", "build/highland.elf", "-append", append]


def boot(memory, mode):
    """Name to cycles, of one boot."""
    done = subprocess.run(command(memory, mode), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=300, check=False)
    figures = re.findall(r"^BOOT name=(\w+) cycles=(\d+)", done.stdout, re.M)
    if done.returncode != 33 or len(figures) != 3:
        sys.exit(f"{memory} {mode}: exit status {done.returncode}, {len(figures)} figures of 3:\n"
                 + done.stdout[-2000:] + done.stderr)
    return {name: int(cycles) for name, cycles in figures}


def main():
    rows = [(memory, mode) for memory in SIZES for mode in ("PAE", "non-PAE")]
    print("instructions from the kernel's entry (timed waits not counted):")
    print(f"{'RAM':>5} {'mode':<8} {'to memblock_free_all':>20} {'to the prompt':>14} "
          f"{'timed waits':>12}")
    different = 0
    with ThreadPoolExecutor(2) as pool:
        futures = [[pool.submit(boot, *row) for _ in range(RUNS)] for row in rows]
        for row, runs in zip(rows, futures):
            results = [run.result() for run in runs]
            got = results[0]
            print(f"{row[0]:>5} {row[1]:<8} {got['memblock_free_all']:>20,} {got['prompt']:>14,} "
                  f"{got['timed_waits']:>12,}", flush=True)
            if any(result != got for result in results):
                print(f"  the {RUNS} boots differ: {results}")
                different += 1
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
