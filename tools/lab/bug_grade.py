#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Grades trees with a planted bug: tools/lab/bug_grade.py --seed N --kind fix|test DIR...

For each folder a copy of this tree gets the bug and the student's files, as in tools/lab/grade.py. For a repair these
are the C files of mm/, arch/i386/, sched/ and thread/ that differ from the tree with the bug. For a test it is one
file, which runs in a copy with the bug and in one without it.
"""

import argparse
import contextlib
import os
import sys
from pathlib import Path

import bug
import catch
import grade
import judge
import mutants
import process
import table
import tree
import trusted
from table import LabError


def changed(mutant, base, folder):
    """The C files that a student changed, as {name: bytes}. A file that was not handed in is unchanged."""
    found = {}
    for name in tree.sources(base):
        if not name.startswith(bug.FOLDERS) or not name.endswith(".c") or not os.path.lexists(folder / name):
            continue
        data = trusted.read_handed_in(folder, name)
        text = (base / name).read_text()
        if data != (mutant.planted(text) if name == mutant.file else text).encode():
            found[name] = data
    return found


def repair(mutant, base, folder, jobs):
    """The verdicts of a repair."""
    lab = bug.lab_of(mutant, "fix", [mutant.file])
    try:
        files = changed(mutant, base, folder)
    except trusted.Refused as error:
        return [judge.Verdict(step, False, [judge.REFUSED, str(error)]) for step in lab.steps]
    lab.files = sorted({mutant.file, *files})

    def put(copy):
        bug.plant(mutant, copy)
        for name, data in files.items():
            (copy / name).write_bytes(data)
    return trusted.grade(lab, lab.steps, base, put, jobs)


def _failures(lab, mutant, base, data, machines):
    """The student's tests that fail in a copy of the tree, with the bug if there is one."""
    with trusted.copy_of(base, lab) as copy, contextlib.chdir(copy):
        if mutant:
            bug.plant(mutant, copy)
        (copy / bug.STUDENT).write_bytes(data)
        try:
            judge.build([table.Step("student", 0, "", boots=[table.Boot("student")])])
        finally:
            trusted.check_assembly()
        trusted.check_tests(bug.STUDENT, base)
        return [line for machine in machines
                for line in catch.failures(catch.names(data.decode(errors="replace")), machine.mode, machine.ram)]


def tests(mutant, base, folder):
    """The verdicts of a student's tests."""
    lab = bug.lab_of(mutant, "test", [bug.STUDENT])
    first = bug.places(mutant)[0]
    both = table.Boot("student", ram=first.ram).machines()
    try:
        data = trusted.read_handed_in(folder, bug.STUDENT)
        if not catch.names(data.decode(errors="replace")):
            raise trusted.Refused(catch.NO_TESTS)
        wrong = _failures(lab, mutant, base, data, first.machines())
        right = _failures(lab, None, base, data, both)
    except (trusted.Refused, judge.BuildError) as error:
        return [judge.Verdict(step, False, [judge.REFUSED, *str(error).splitlines()]) for step in lab.steps]
    # A test that always fails catches nothing, and one that always passes does not either.
    reason = right[:judge.LINES] if right else ["all tests pass with the bug"]
    return [judge.Verdict(step, bool(wrong) and not right, reason) for step in lab.steps]


def grade_folders(args, root=tree.ROOT):
    """The reports of all folders."""
    mutant = bug.choose(args.seed, args.kind, root)
    lab = bug.lab_of(mutant, args.kind, [])
    steps = [table.Step("all", 0, "", boots=bug.places(mutant))]

    def verdicts_of(base, folder):
        return repair(mutant, base, folder, 2) if args.kind == "fix" else tests(mutant, base, folder)
    return grade.each_folder(lab, args.folders, trusted.base_of(root, lab, steps, args.term), verdicts_of)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="DIR", help="a student's tree, or only the changed files")
    parser.add_argument("--seed", required=True, type=int, metavar="N", help="the number of make bug")
    parser.add_argument("--kind", choices=bug.KINDS, default="fix")
    parser.add_argument("--term", type=int, metavar="N", help="the term of the trees handed out")
    parser.add_argument("--json", metavar="FILE", help="also write results for Gradescope; '-' writes only these")
    args = parser.parse_args()
    grade.check_json(parser, args.json)
    process.stop_at_signals()
    with contextlib.redirect_stdout(sys.stderr if args.json == "-" else sys.stdout):
        try:
            graded = grade_folders(args)
        except (LabError, mutants.TableError) as error:
            print(f"make grade-bug: {error}", file=sys.stderr)
            return 2
    return grade.finish(args.json, graded)


if __name__ == "__main__":
    sys.exit(main())
