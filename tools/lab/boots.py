# SPDX-License-Identifier: MIT
"""The boots of a grading: which machines are booted, with which tests, and the result of each test.

Steps that want the same machine share one boot, as long as every test of it ends. If a test panics or hangs, the
tests behind it have no result, and the damage may be that of a test of another step. So each step without all its
results gets a boot of its own then.
"""

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "tests/qemu"))

# pylint: disable=wrong-import-position
import bench  # noqa: E402
import boot as qemu  # noqa: E402
import signed  # noqa: E402
from boot_row import PANIC, Row  # noqa: E402

# Limits of one test, in seconds of the guest. Under icount an instruction takes a nanosecond.
TEST_SECONDS, TEST_SECONDS_ICOUNT = 20, 5
# Of the host, behind the limits of the guest: of a boot, and of a boot without any output.
BOOT_SECONDS, SILENT_SECONDS = 300, 40
ICOUNT = ["-icount", "shift=0,sleep=off"]


@dataclass
class Seen:
    """The results of a boot."""

    results: dict = field(default_factory=dict)  # name of a test: (word, lines of its reason)
    stopped: str | None = None  # why not all tests ended: the line of a panic, or a complaint about time
    running: str | None = None  # the test that ran at that time
    started: bool = False  # whether any test began
    slow_host: bool = False


def parse(text, key):
    """The results of tests in the log of a console, and the test that began last without an end.

    A result counts if the runner in the kernel signed it. The other lines only give reasons.
    """
    seen, suite, lines = Seen(), "?", []
    for line in text.splitlines():
        if found := re.match(r"    # Subtest: (\S+)$", line):
            suite = found[1]
        elif found := re.match(r"    # (\w+\.\w+)$", line):
            seen.running, seen.started, lines = found[1], True, []
        elif found := re.match(r"    (ok|not ok) \d+ (\w+)( # SKIP (.*))?$", line):
            name = f"{suite}.{found[2]}"
            word = "skip" if found[3] else found[1]
            if name in seen.results:
                word, lines = "not ok", [f"the console shows a result of {name} twice, expected once"]
            seen.results[name] = (word, [f"skipped: {found[4]}"] if word == "skip" else lines)
            seen.running = None
        elif line.startswith("    # ") and not line.startswith("    # graded "):
            lines.append(line[6:])
    signed_ok = [result[3:] for result in signed.read(text, key).results if result.startswith("ok ")]
    for name, (word, _) in seen.results.items():
        if word == "ok" and signed_ok.count(name) != 1:
            seen.results[name] = ("not ok", [f"the test runner signed {signed_ok.count(name)} results of {name}, "
                                             "expected 1"])
    return seen


def row_of(machine, globs, name, key):
    """The row of a boot that runs some tests on a machine."""
    limit = TEST_SECONDS_ICOUNT if machine.icount else TEST_SECONDS
    words = ["nopae" if machine.mode == "nopae" else "", machine.cmdline, f"watchdog_test={limit}",
             f"grade_key={key}", f"selftest={','.join(globs)}"]
    return Row(name, machine.ram, " ".join(word for word in words if word), smp=machine.cpus, timeout=BOOT_SECONDS,
               extra=ICOUNT if machine.icount else [])


def _judge_end(seen, outcome, complete):
    """Finds out why a boot ended, unless it was complete: the kernel signed the number of its results."""
    if outcome.late:
        # A guest that hangs either computes or waits. If it did neither, others had the host.
        busy = outcome.cpu_seconds > SILENT_SECONDS / 2
        seen.slow_host = not busy and os.getloadavg()[0] > 2 * len(os.sched_getaffinity(0))
        seen.stopped = f"the boot hung: {outcome.late}"
    elif outcome.status == PANIC or not complete:
        panic = re.search(r"^Kernel panic: .*", outcome.text, re.M)
        last = outcome.text.strip().splitlines() or ["nothing on the console"]
        seen.stopped = panic[0] if panic else f"the boot ended early, with status {outcome.status}; last: {last[-1]}"
    return seen


def run(machine, globs, name):
    """Boots a machine with some tests."""
    key = signed.new_key()
    outcome = qemu.boot(row_of(machine, globs, name, key))
    return _judge_end(parse(outcome.text, key), outcome, signed.read(outcome.text, key).complete)


def run_bench(mode, rows, name):
    """Boots a kernel that measures some operations under icount; the results are their costs."""
    key = signed.new_key()
    cmdline = ("nopae " if mode == "non-PAE" else "") + f"grade_key={key} bench={','.join(rows)}"
    outcome = qemu.boot(Row(name, "4G", cmdline, extra=ICOUNT, ktap=False, timeout=BOOT_SECONDS))
    lines = signed.read(outcome.text, key)
    figures = [line for line in lines.results if line.startswith(("BENCH ", "OPS "))]
    return _judge_end(Seen(bench.parse("\n".join(figures))), outcome, lines.complete)


class Plan:
    """All boots that some steps want. `missing` finds the steps of a boot that need one of their own."""

    def __init__(self, steps, tests_of):
        self._wants = {}  # machine: {step name: globs}
        self._rows = {}  # mode of benchmarks: rows
        self.costs = {}  # (mode, row): Seen
        self._tests_of = tests_of
        self.alone = {}  # (machine, step name): Seen
        for step in steps:
            for boot in step.boots:
                for machine in boot.machines():
                    self._wants.setdefault(machine, {}).setdefault(step.name, []).append(boot.tests)
            if step.bench:
                self._rows.setdefault(step.bench.mode, set()).add(step.bench.row)

    def _lacks(self, seen, globs):
        return any(test not in seen.results for glob in globs for test in self._tests_of(glob))

    def _shared(self, number, machine):
        """The boot that all steps of a machine share, and the steps that it leaves without results."""
        wants = self._wants[machine]
        seen = run(machine, sorted({glob for globs in wants.values() for glob in globs}), f"lab-{number}")
        left = [name for name, globs in wants.items() if seen.stopped and self._lacks(seen, globs)]
        for name in wants:
            self.alone[machine, name] = seen
        # Before the first test no step can have an influence on another; alone, a step would see the same again.
        return [(number, machine, name) for name in left if seen.started and len(wants) > 1]

    def _single(self, number, machine, name):
        self.alone[machine, name] = run(machine, self._wants[machine][name], f"lab-{number}-{name}")

    def _measure(self, mode, rows):
        """Measures rows in one boot; if it panics each of them again, alone."""
        seen = run_bench(mode, rows, f"lab-bench-{mode}-{rows[0]}")
        for row in rows:
            self.costs[mode, row] = seen
        if seen.stopped and len(rows) > 1:
            for row in rows:
                self._measure(mode, [row])

    def run(self, jobs):
        """Boots all machines, `jobs` at once."""
        qemu.SILENCE = SILENT_SECONDS
        with ThreadPoolExecutor(jobs) as pool:
            costs = [pool.submit(self._measure, mode, sorted(rows)) for mode, rows in self._rows.items()]
            again = pool.map(lambda item: self._shared(*item), enumerate(self._wants))
            list(pool.map(lambda item: self._single(*item), [one for some in again for one in some]))
            for cost in costs:
                cost.result()
