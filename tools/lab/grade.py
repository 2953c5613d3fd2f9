#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Grades a lab: the tree of the current folder, or files that students handed in.

    tools/lab/grade.py [--lab NAME] [--step NAME]          the current tree
    tools/lab/grade.py --trusted TREE --lab NAME DIR...    the files of the lab in each folder, in a copy of TREE

In a student's tree the lab is that of the tree. In the project's own tree this grades the reference, which has all
points. The exit status is 0 if all steps passed, 1 if not, 2 after a mistake of the call, and 3 if this machine was
too slow to tell.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import judge
import process
import report
import seeds
import table
import tree
import trusted
from table import LabError


def _chosen(args, root):
    """The lab, and the steps to grade."""
    name = args.lab or tree.mark(root).get("lab")
    if not name:
        raise LabError("this tree is of no lab: choose one by LAB=, one of: " + " ".join(table.names(root)))
    lab = table.load(name, root)
    if args.step:
        lab.step(args.step)
    return lab, [step for step in seeds.steps(lab, args.seed) if args.step in (None, step.name)]


def _grade_here(args):
    """The report of the current tree, in a list."""
    lab, steps = _chosen(args, Path("."))
    start = time.monotonic()
    verdicts = judge.grade(steps, args.jobs)
    seconds = time.monotonic() - start
    return lab, [report.Graded(lab, verdicts, seconds) if not process.stopping() else report.interrupted(lab)]


def each_folder(lab, names, base, verdicts_of):
    """The reports of folders, in their order, with a row of the table for each.

    base is a context manager that makes the trusted tree; verdicts_of(root, path) grades one folder. A folder
    with a fault gets no points, and the others are still graded. After an interrupt the rest has no points.
    """
    folders, graded = {name: Path(name).resolve() for name in names}, []
    for name, folder in folders.items():
        if not folder.is_dir():
            raise LabError(f"{name}: there is no such folder")
    try:
        with base as root:
            for name, folder in folders.items():
                start = time.monotonic()
                verdicts = verdicts_of(root, folder)
                if process.stopping():
                    break
                graded.append(report.Graded(lab, verdicts, time.monotonic() - start, name))
                report.row(graded[-1], sys.stdout, len(graded) == 1)
    except (LabError, subprocess.CalledProcessError):
        if not process.stopping():  # else it is a program that the interrupt ended
            raise
    return graded + [report.interrupted(lab, name) for name in list(folders)[len(graded):]]


def _grade_folders(args):
    """The reports of all folders."""
    root = args.trusted.resolve()
    lab, steps = _chosen(args, root)
    return lab, each_folder(lab, args.folders, trusted.base_of(root, lab, steps, args.term),
                            lambda base, folder: trusted.grade_folder(lab, steps, base, folder, args.jobs))


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="DIR", help="with --trusted: a folder that was handed in")
    parser.add_argument("--lab", metavar="NAME")
    parser.add_argument("--step", metavar="NAME", help="only this step")
    parser.add_argument("--trusted", type=Path, metavar="TREE", help="the teacher's tree, with tests and hidden steps")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="a number that varies hidden steps")
    parser.add_argument("--term", type=int, metavar="N", help="with --trusted: the term of the trees handed out")
    parser.add_argument("--json", metavar="FILE", help="also write results for Gradescope; '-' writes only these")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N", help="boots at once")
    return parser


def write_json(path, graded):
    """One report is the whole file, as Gradescope wants it. Several are a list."""
    reports = [report.gradescope(one) for one in graded]
    text = json.dumps(reports[0] if len(reports) == 1 else reports, indent=2) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        Path(path).write_text(text)


def check_json(parser, path):
    """Ends the program if the results cannot be written to a file, before hours of grading are lost."""
    if path and path != "-":
        try:
            Path(path).touch()
        except OSError as error:
            parser.error(f"--json {path}: {error.strerror}, expected a file that can be written")


def finish(path, graded):
    """Writes the results, if a path is given for them; returns the exit status."""
    if path:
        write_json(path, graded)
    if unfinished := [one for one in graded if one.incomplete]:
        print(f"interrupted: {len(graded) - len(unfinished)} of {len(graded)} graded, no points for the rest",
              file=sys.stderr)
        return 130
    verdicts = [verdict for one in graded for verdict in one.verdicts]
    if not all(verdict.graded for verdict in verdicts):
        return 3
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def main():
    parser = _parser()
    args = parser.parse_args()
    if bool(args.trusted) != bool(args.folders):
        parser.error("expected --trusted TREE and folders, or neither")
    if not ((args.trusted or Path(".")) / "build.mk").is_file():
        parser.error(f"{args.trusted or 'the current folder'} is no tree: it has no build.mk")
    check_json(parser, args.json)
    process.stop_at_signals()
    with contextlib.redirect_stdout(sys.stderr if args.json == "-" else sys.stdout):
        try:
            lab, graded = _grade_folders(args) if args.trusted else _grade_here(args)
        except LabError as error:
            print(f"make grade: {error}", file=sys.stderr)
            return 2
        if not args.trusted and not graded[0].incomplete:
            report.show(graded[0], sys.stdout, "" if tree.mark() else f"LAB={lab.name} ")
    return finish(args.json, graded)


if __name__ == "__main__":
    sys.exit(main())
