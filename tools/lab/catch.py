#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks in a student's tree that the student's tests fail on its bug: tools/lab/catch.py MODE RAM."""

import os
import re
import sys
from pathlib import Path

import boots
import signed
from table import Machine

STUDENT = Path("tests/kernel/student.c")
NO_TESTS = "tests/kernel/student.c has no KTEST(student, ...), expected at least one"


def names(text):
    """The tests in the text of the student's file."""
    return [f"student.{name}" for name in re.findall(r"^KTEST\(student,\s*(\w+)\)", text, re.M)]


def failures(tests, mode, ram):
    """The tests that fail in a boot of the current tree, as lines with their reasons."""
    seen = boots.run(Machine(mode, ram), ["student.*"], "lab-student")
    lines = [f"{test} ({mode}): {' '.join(seen.results[test][1]) or 'failed'}" for test in tests
             if seen.results.get(test, ("ok",))[0] == "not ok"]
    if seen.stopped:
        lines.append(f"{seen.running or 'before the tests'} ({mode}): {seen.stopped}")
    elif missing := [test for test in tests if test not in seen.results]:
        lines.append(f"{missing[0]} ({mode}) did not run")
    return lines


def main():
    tests = names(STUDENT.read_text())
    found = failures(tests, *sys.argv[1:]) if tests else []
    key = os.environ.get("LAB_KEY")
    if not found:
        print(f"# {'all your tests pass with the bug, expected one that fails' if tests else NO_TESTS}")
        return 1
    print("\n".join(found))
    print("The teacher's program also runs your tests on the right tree.")
    if key:
        print(f"# graded ok catch {signed.Chain(key).sign('ok catch')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
