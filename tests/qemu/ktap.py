# SPDX-License-Identifier: MIT
"""Reads KTAP version 1 as the kernel prints it, from among the lines of the kernel log."""

import re
from dataclasses import dataclass, field

_RESULT = re.compile(r"^( *)(ok|not ok) (\d+) (\S+)( # SKIP.*)?$")
_PLAN = re.compile(r"^( *)1\.\.(\d+)$")


@dataclass
class Results:
    """The test results in a console log."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list = field(default_factory=list)


def parse(text):
    """Counts the tests in a log; a plan that was not kept is a problem, and so is a log without one."""
    results = Results()
    suites_planned = None
    suites_seen = tests_planned = tests_seen = suite_failed = 0
    suite = "?"
    for line in text.splitlines():
        line = line.rstrip("\r")
        plan = _PLAN.match(line)
        result = _RESULT.match(line)
        if line.startswith("    # Subtest: "):
            suite = line[len("    # Subtest: "):]
            tests_planned = tests_seen = suite_failed = 0
        elif plan and plan[1]:
            tests_planned = int(plan[2])
        elif plan:
            suites_planned = int(plan[2])
        elif result and result[1]:
            tests_seen += 1
            if int(result[3]) != tests_seen:
                results.problems.append(f"{suite}: test {result[3]} where {tests_seen} is next")
            if result[2] == "not ok":
                results.failed += 1
                suite_failed += 1
                results.problems.append(f"not ok: {suite}.{result[4]}")
            elif result[5]:
                results.skipped += 1
            else:
                results.passed += 1
        elif result and result[5]:
            # A whole suite, after Ctrl-C.
            suites_seen += 1
            results.skipped += 1
        elif result:
            suites_seen += 1
            if (result[2] == "not ok") != (suite_failed > 0):
                results.problems.append(f"{result[4]}: {result[2]}, with {suite_failed} failed tests")
            if tests_seen != tests_planned or tests_seen == 0:
                results.problems.append(
                    f"{result[4]}: {tests_seen} tests seen, {tests_planned} planned")
    if suites_planned is None:
        results.problems.append("no KTAP plan")
    elif suites_seen != suites_planned:
        results.problems.append(f"{suites_seen} suites seen, {suites_planned} planned")
    return results
