#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots machine after machine for some minutes, each with the stress suites and a seed of its own.

The machines go over builds, modes, numbers of CPUs, chip sets and CPU models; which comes next follows from
the seed alone, so a line that failed is repeated by its seed. The last line is 'N passed, N failed', in boots.
"""

import argparse
import random
import re
import time

from boot import boot, shell_line
from boot_row import Row

CPUS = ("max", "qemu64", "pentium3", "qemu32", "core2duo")


def row(seed, operations):
    """The machine that belongs to a seed."""
    dice = random.Random(seed)
    mode, smp = dice.choice(("pae", "nopae")), dice.choice((1, 2, 4, 4, 8))
    build = dice.choice(("3G", "3G", "debug", "ubsan"))
    # Each CPU brings two workers, and each purge and each recycling waits for all CPUs.
    share = max(operations * 4 // (smp * smp), 1) if smp > 2 else operations
    cmdline = f"highmem={dice.choice((64, 128, 192))}M stress_ops={share} seed={seed} selftest=stress"
    return Row(f"soak-{seed}-{mode}-{build}-smp{smp}", dice.choice(("512M", "1G")),
               ("nopae " if mode == "nopae" else "") + cmdline, machine=dice.choice(("pc", "q35")),
               cpu=dice.choice(CPUS), smp=smp, build=build, timeout=900)


def operations_and_errors(text):
    """Sums of what the suites of one boot say."""
    found = re.findall(r"# \d+ workers, (\d+) operations, (\d+) errors", text)
    return sum(int(done) for done, _ in found), sum(int(errors) for _, errors in found)


def clock(seconds):
    return f"{int(seconds) // 60:3}:{int(seconds) % 60:02}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1, help="of the first machine")
    parser.add_argument("--operations", type=int, default=3000,
                        help="of each worker, fewer where there are more than two CPUs")
    args = parser.parse_args()
    start, seed = time.monotonic(), args.seed
    passed = failed = operations = errors = 0
    while time.monotonic() - start < args.minutes * 60:
        outcome = boot(row(seed, args.operations))
        done, wrong = operations_and_errors(outcome.text)
        operations, errors = operations + done, errors + wrong
        passed, failed = passed + (not outcome.problems), failed + bool(outcome.problems)
        print(f"[{clock(time.monotonic() - start)} of {clock(args.minutes * 60)}] {outcome.row.name:<28} "
              f"{'FAILED' if outcome.problems else 'ok':<6} {done:8} operations, {wrong} errors, "
              f"{outcome.seconds:5.1f} s", flush=True)
        for problem in outcome.problems:
            print(f"  {problem}\n  {shell_line(outcome)}", flush=True)
        seed += 1
    print(f"{passed + failed} boots, {operations} operations, {errors} errors, seeds {args.seed} to {seed - 1}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
