#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots the table of machines and reports.

As many guests run at once as there are cores, and their memory together is never more than half of what
the host has available; a guest that alone is larger runs alone. The last line is 'N passed, N failed',
summed over all tests of all boots.
"""

import argparse
import fnmatch
import os
import re
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import machines
from boot import boot, shell_line, stop_all

TAIL = 40  # lines of console to show of a failed boot


def available_mebibytes():
    """What the host could give without swapping."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return 2048


class Budget:
    """Lets a guest start when its memory and its CPUs fit; one that never would runs alone."""

    def __init__(self, mebibytes, cores):
        self._total = self._free = (mebibytes, cores)
        self._changed = threading.Condition()

    def take(self, *wanted):
        wanted = tuple(min(want, total) for want, total in zip(wanted, self._total))
        with self._changed:
            self._changed.wait_for(lambda: all(f >= w for f, w in zip(self._free, wanted)))
            self._free = tuple(f - w for f, w in zip(self._free, wanted))
        return wanted

    def give(self, taken):
        with self._changed:
            self._free = tuple(f + t for f, t in zip(self._free, taken))
            self._changed.notify_all()


def run_row(row, budget):
    taken = budget.take(row.mebibytes, row.smp)
    try:
        return boot(row)
    finally:
        budget.give(taken)


def report_failure(outcome):
    print(f"\n=== {outcome.row.name} failed")
    for problem in outcome.problems:
        print(f"  {problem}")
    print(f"--- the last lines of its console (all: build/test/{outcome.row.name}.log)")
    for line in outcome.text.splitlines()[-TAIL:]:
        print(f"  {line}")
    print(f"--- to repeat it:\n{shell_line(outcome)}")


def added_results(files):
    """Totals of other tests: the last 'N passed, N failed[, N skipped]' of each file."""
    totals = [0, 0, 0]
    for name in files:
        found = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$",
                           Path(name).read_text(), re.M)
        if not found:
            print(f"{name}: no line 'N passed, N failed'")
            totals[1] += 1
            continue
        totals = [a + int(b or 0) for a, b in zip(totals, found[-1])]
    return totals


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filter", default="*", metavar="GLOB", help="only rows of this name")
    parser.add_argument("--matrix", action="store_true",
                        help="every CPU, mode and split instead of make test's rows")
    parser.add_argument("--list", action="store_true", help="name the rows and stop")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeat", type=int, default=1, help="boot each row so many times")
    parser.add_argument("--add", action="append", default=[], metavar="FILE",
                        help="add the totals that stand at the end of this file")
    args = parser.parse_args()
    rows = machines.matrix_rows() if args.matrix else machines.rows()
    rows = [row for row in rows if fnmatch.fnmatch(row.name, args.filter)]
    if args.list:
        print("\n".join(row.name for row in rows))
        return 0
    if not rows:
        print(f"no row is called '{args.filter}'; --list names them", file=sys.stderr)
        return 2
    # The longest first, so that no long one is left over at the end.
    rows = sorted(rows * args.repeat, key=lambda row: -row.mebibytes * row.ktap)
    budget = Budget(available_mebibytes() // 2, args.jobs)
    outcomes = []
    # A signal ends the guests; what waits for them then ends by itself, and is reported.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop_all())
    with ThreadPoolExecutor(args.jobs) as pool:
        for future in as_completed([pool.submit(run_row, row, budget) for row in rows]):
            outcome = future.result()
            outcomes.append(outcome)
            print(f"[{len(outcomes):3}/{len(rows)}] {outcome.row.name:<26} "
                  f"{'FAILED' if outcome.problems else 'ok':<6} {outcome.passed:4} passed "
                  f"{outcome.seconds:6.1f} s", flush=True)
    for outcome in outcomes:
        if outcome.problems:
            report_failure(outcome)
    passed, failed, skipped = added_results(args.add)
    passed += sum(outcome.passed for outcome in outcomes)
    failed += sum(outcome.failed for outcome in outcomes)
    skipped += sum(outcome.skipped for outcome in outcomes)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
