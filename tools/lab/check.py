#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the tables of all labs; with an option, also what their tables promise:

--grade        builds each lab, and grades the untouched stubs (0 points) and the reference (100)
--grade-wrong  grades each wrong solution: exactly the points and the failed steps of its row

The last line is 'N passed, N failed'.
"""

import argparse
import fnmatch
import os
import sys
import tempfile
import time
from pathlib import Path

import judge
import lint
import seeds
import table
import tree
import trusted
from table import LabError

JOBS = len(os.sched_getaffinity(0))
SEED = 1


# --- wrong solutions -----------------------------------------------------------------------------------------


def _put(texts):
    def put(copy):
        for name, text in texts.items():
            (copy / name).write_text(text)
    return put


def _failed(verdicts):
    return [verdict.step.name for verdict in verdicts if not verdict.passed]


def grade_wrong(lab, wrong):
    """A complaint about the points of a wrong solution, or None."""
    verdicts = trusted.grade(lab, seeds.steps(lab, SEED), tree.ROOT, _put(lint.changed(wrong, tree.ROOT)), JOBS)
    points, failed = sum(verdict.points for verdict in verdicts), _failed(verdicts)
    for verdict in verdicts:
        if not verdict.passed:
            print(f"    {verdict.step.name}: {' '.join(verdict.reason)[:300]}")
    expected = lint.without_points(lab, wrong.fails)
    if points != wrong.points or set(failed) != expected:
        return (f"{points} points, expected {wrong.points}; failed: {' '.join(failed) or 'nothing'}, expected: "
                + " ".join(step.name for step in lab.steps if step.name in expected))
    return None


# --- stubs and reference -------------------------------------------------------------------------------------


def grade_stub(lab):
    """A complaint about the untouched tree of a student, or None. It must compile, and earn nothing."""
    with tempfile.TemporaryDirectory(prefix="highland-lab-") as folder:
        tree.make(lab, Path(folder), build=False)
        verdicts = trusted.grade_folder(lab, seeds.steps(lab, SEED), tree.ROOT, folder, JOBS)
    broken = [verdict.reason for verdict in verdicts if verdict.reason[:1] in ([judge.NO_BUILD], [judge.REFUSED])]
    if broken:
        return f"the stubs: {' '.join(broken[0])}"
    earned = [verdict.step.name for verdict in verdicts if verdict.passed]
    return f"untouched stubs earn points in: {' '.join(earned)}" if earned else None


def grade_reference(lab):
    """A complaint about the reference, or None."""
    os.chdir(tree.ROOT)
    verdicts = judge.grade(seeds.steps(lab, SEED), JOBS)
    wrong = [f"{verdict.step.name}: {' '.join(verdict.reason)}" for verdict in verdicts if not verdict.passed]
    return "; ".join(wrong) or None


# --- all -----------------------------------------------------------------------------------------------------


def _cases(args, labs):
    """(name, function that returns a complaint) of everything to grade."""
    for lab in labs:
        if args.grade:
            yield f"{lab.name}: reference", lambda lab=lab: grade_reference(lab)
            yield f"{lab.name}: stubs", lambda lab=lab: grade_stub(lab)
        if args.grade_wrong:
            for wrong in table.load_wrong(lab.name, tree.ROOT):
                if fnmatch.fnmatch(wrong.name, args.wrong):
                    yield f"{lab.name}: {wrong.name}", lambda lab=lab, wrong=wrong: grade_wrong(lab, wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labs", nargs="*", metavar="LAB", help="only these labs")
    parser.add_argument("--grade", action="store_true")
    parser.add_argument("--grade-wrong", action="store_true")
    parser.add_argument("--wrong", default="*", metavar="GLOB", help="only wrong solutions of this name")
    args = parser.parse_args()
    passed = failed = 0
    names = args.labs or table.names(tree.ROOT)
    if faults := list(lint.faults(tree.ROOT, names)):
        print(*faults, sep="\n", file=sys.stderr)
    if not (args.grade or args.grade_wrong):
        print(f"labs: {len(faults)} faults in the tables of {len(names)} labs")
        return 1 if faults else 0
    try:
        labs = [table.load(name, tree.ROOT) for name in names]
        for name, case in _cases(args, labs):
            start = time.monotonic()
            complaint = case()
            passed, failed = passed + (not complaint), failed + bool(complaint)
            print(f"{'FAILED' if complaint else 'ok':<7} {name} ({time.monotonic() - start:.1f} s)"
                  + (f": {complaint}" if complaint else ""), flush=True)
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
