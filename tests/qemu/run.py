#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the tests of a tier: boots of the table of machines, and programs of this machine.

Half as many again run at once as there are cores, since many tests wait for a timer now and then.
The memory of all guests together is never more than half of what the host has available; a guest
that alone is larger runs alone. Each test prints a line when it ends; the slowest are named at the
end, and build/test.html shows the whole run. The last line is 'N passed, N failed', summed over all tests.
"""

import argparse
import csv
import fnmatch
import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import machines
import process
import programs
import report_check
import results_page
from boot import boot, shell_line
from boot_row import kernel_file

TIERS = ("test", "all", "long")
TAIL = 40  # lines of console to show of a failed test
SLOWEST = 10  # tests to name at the end
NAMED = 5  # tests to name that were not run
PLAIN = kernel_file("3G")


def available_mebibytes():
    """Memory that the host could give without swapping."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return 2048


class Budget:
    """Lets a test start when its memory and its CPUs fit; one that never would runs alone.

    Tests start in the order in which they came. Otherwise small ones would always get ahead of one that needs all
    CPUs, and the threads that wait for those would be missing until the end.
    """

    def __init__(self, mebibytes, cores):
        self._total = self._free = (mebibytes, cores)
        self._changed = threading.Condition()
        self._waiting = []

    def take(self, *wanted):
        wanted = tuple(min(want, total) for want, total in zip(wanted, self._total))
        with self._changed:
            me = object()
            self._waiting.append(me)
            self._changed.wait_for(lambda: process.stopping() or self._waiting[0] is me and
                                   all(f >= w for f, w in zip(self._free, wanted)))
            self._waiting.remove(me)
            self._free = tuple(f - w for f, w in zip(self._free, wanted))
            self._changed.notify_all()
        return wanted

    def give(self, taken):
        with self._changed:
            self._free = tuple(f + t for f, t in zip(self._free, taken))
            self._changed.notify_all()


def run_one(test):
    return programs.run(test) if isinstance(test, programs.Program) else boot(test)


def run_test(test, budget):
    """The outcome of a test; None if all were stopped before it could end."""
    taken = budget.take(test.mebibytes, test.smp)
    try:
        outcome = None if process.stopping() else run_one(test)
        return None if process.stopping() else outcome
    finally:
        budget.give(taken)


def report_failure(outcome):
    print(f"\n=== {outcome.row.name} failed")
    for problem in outcome.problems:
        print(f"  {problem}")
    print(f"--- the last lines of its output (all: build/test/{outcome.row.name}.log)")
    for line in outcome.text.splitlines()[-TAIL:]:
        print(f"  {line}")
    print(f"--- to repeat it:\n{shell_line(outcome)}")


def report_result(outcome, position):
    """The line of a test that has ended, and those by which a program says what it did not check."""
    skipped = f", {outcome.skipped} skipped" if outcome.skipped else ""
    print(f"{position} {outcome.row.name:<32} {'FAILED' if outcome.problems else 'ok':<6} "
          f"{outcome.passed:4} passed {outcome.seconds:6.1f} s{skipped}", flush=True)
    if isinstance(outcome.row, programs.Program):
        for note in re.findall(r"^note: .*$", outcome.text, re.M):
            print(f"  {note}", flush=True)


def report_slowest(outcomes, seconds):
    print(f"\nThe slowest of {len(outcomes)} tests, which took {seconds:.0f} s together (all: build/test/times.csv):")
    for outcome in sorted(outcomes, key=lambda outcome: -outcome.seconds)[:SLOWEST]:
        print(f"  {outcome.row.name:<32} {outcome.seconds:6.1f} s, {outcome.cpu_seconds:6.1f} s of CPU")


def write_times(outcomes):
    """The times of all tests, as a table."""
    with open("build/test/times.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["test", "seconds", "CPU seconds"])
        for outcome in outcomes:
            writer.writerow([outcome.row.name, f"{outcome.seconds:.1f}", f"{outcome.cpu_seconds:.1f}"])


def all_tests(args):
    """Every test that can be named."""
    return machines.rows() + programs.table(args.bits.split())


def chosen(args):
    tests = [test for test in all_tests(args) if fnmatch.fnmatch(test.name, args.filter)]
    return [test for test in tests if test.tier == args.tier] if args.tier else tests


def without_firmware(tests):
    """Those that need a firmware which this machine does not have."""
    return [test for test in tests if not all(path.exists() for path in getattr(test, "firmware", None) or ())]


def image_of(test):
    """The file that is booted."""
    return test.iso if test.cmdline is None else test.kernel


def images_of(tests):
    """The files that the tests boot, in order of their names."""
    return sorted({image_of(test) for test in tests if not isinstance(test, programs.Program)})


def run_all(tests, jobs):
    """Runs the tests and prints a line of each; returns the outcomes of those that ended."""
    # The longest first, so that no long one is left over at the end.
    tests = sorted(tests, key=lambda test: -test.mebibytes * test.smp * test.timeout)
    budget = Budget(available_mebibytes() // 2, jobs)
    outcomes = []
    process.stop_at_signals()
    with ThreadPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(run_test, test, budget) for test in tests]):
            outcome = future.result()
            if not outcome:
                continue
            outcomes.append(outcome)
            report_result(outcome, f"[{len(outcomes):3}/{len(tests)}]")
    return outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tier", choices=TIERS, help="only tests of this tier")
    parser.add_argument("--filter", default="*", metavar="GLOB", help="only tests of this name")
    parser.add_argument("--bits", default="64 32", help="of the host tests that were built: '64 32' or '64'")
    parser.add_argument("--list", action="store_true", help="name the tests and stop")
    parser.add_argument("--images", action="store_true", 
                        help="name the files that the tests boot, unless one of them is a program, and stop")
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--jobs", type=int, default=cores + cores // 2, help="virtual CPUs and programs at once")
    parser.add_argument("--repeat", type=int, default=1, help="run each test this many times")
    args = parser.parse_args()
    tests = chosen(args)
    if args.list:
        print("\n".join(test.name for test in tests))
        return 0
    if args.images:
        if not any(isinstance(test, programs.Program) for test in tests):
            print("\n".join(images_of(tests)))
        return 0
    if not tests:
        print(f"no test is called '{args.filter}'; --list names them", file=sys.stderr)
        return 2
    left_out = without_firmware(tests)
    if left_out:
        print(f"Left out: {', '.join(test.name for test in left_out)}, for want of {left_out[0].firmware[0]}")
        tests = [test for test in tests if test not in left_out]
    unbuilt = [image for image in images_of(tests) if not Path(image).exists()]
    if unbuilt:
        unbuilt = PLAIN if PLAIN in unbuilt else unbuilt[0]
        print(f"there is no {unbuilt}; run make{'' if unbuilt == PLAIN else f' {unbuilt}'}", file=sys.stderr)
        return 2
    if not report_check.jsonschema:
        print("Left out: the schema of reports, for want of python3-jsonschema")
    start = time.monotonic()
    outcomes = run_all(tests * args.repeat, args.jobs)
    for outcome in outcomes:
        if outcome.problems:
            report_failure(outcome)
    write_times(outcomes)
    seconds = time.monotonic() - start
    if outcomes:
        report_slowest(outcomes, seconds)
    ended = {outcome.row.name for outcome in outcomes}
    not_run = sorted({test.name for test in tests} - ended)
    results_page.write(outcomes, seconds, not_run, [test.name for test in left_out])
    print(f"All tests, and the end of each failure's console: {results_page.PAGE}")
    if not_run:
        names = ", ".join(not_run[:NAMED]) + (", ..." if len(not_run) > NAMED else "")
        print(f"Interrupted: {len(not_run)} of {len(tests)} tests did not end or were not run: {names}")
    passed, failed, skipped = (sum(getattr(outcome, name) for outcome in outcomes)
                               for name in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 130 if not_run else 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
