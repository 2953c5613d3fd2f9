#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Grades one example of each kind of exercise with a planted bug: with and without a solution.

The last line is 'N passed, N failed'.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(TOP / "tools/lab")]

# pylint: disable=wrong-import-position
import bug  # noqa: E402
import bug_grade  # noqa: E402

FIX, TEST = "time-leaf-15-without-crystal", "kvmalloc-forgets-the-zeroes"
SIGNER = "\nvoid graded_begin(void);\nKTEST(student, yes)\n{\n\tEXPECT(graded_begin != NULL);\n}\n"
JOBS = len(os.sched_getaffinity(0))


def row(name, kind):
    """The suited row of this name."""
    return next(mutant for mutant in bug.suited(kind) if mutant.name == name)


def points(verdicts):
    """The points of a grading."""
    return sum(verdict.points for verdict in verdicts)


def repair(solved):
    """The points of a repair: of the right file, or of no change."""
    mutant = row(FIX, "fix")
    with tempfile.TemporaryDirectory() as name:
        if solved:
            path = Path(name) / mutant.file
            path.parent.mkdir(parents=True)
            path.write_text((TOP / mutant.file).read_text())
        return points(bug_grade.repair(mutant, TOP, Path(name), JOBS))


def student(text):
    """The points of a file of tests."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / bug.STUDENT
        path.parent.mkdir(parents=True)
        path.write_text(text)
        return points(bug_grade.tests(row(TEST, "test"), TOP, Path(name)))


def catching():
    """The test of the tree that finds the bug, in a student's suite."""
    text = (TOP / "tests/kernel/vmalloc.c").read_text()
    body = re.search(r"^KTEST\(vmalloc, kvzalloc_gives_zeroes\)\n\{\n[\s\S]*?^\}\n", text, re.M)[0]
    head = "\n".join(re.findall(r"^#include .*", text, re.M))
    return head + "\n" + body.replace("KTEST(vmalloc,", "KTEST(student,")


def main():
    os.chdir(TOP)
    cases = {"an unrepaired tree": (lambda: repair(False), 0), "a repaired tree": (lambda: repair(True), 100),
             "a file without tests": (lambda: student(bug.TEMPLATE), 0),
             "a test that fails without the bug, too":
             (lambda: student(bug.TEMPLATE + "\nKTEST(student, no)\n{\n\tEXPECT(0);\n}\n"), 0),
             "a test that could sign results": (lambda: student(catching() + SIGNER), 0),
             "a test that sees nothing": (lambda: student(bug.TEMPLATE + "\nKTEST(student, yes)\n{\n}\n"), 0),
             "a test that catches the bug": (lambda: student(catching()), 100)}
    failed = 0
    for name, (case, expected) in cases.items():
        got = case()
        failed += got != expected
        print(f"{'ok' if got == expected else 'FAILED':<7} {name}: {got} points, expected {expected}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
