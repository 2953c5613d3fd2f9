#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Grades a lab in the tree of the current folder: tools/lab/grade.py [--lab NAME] [--step NAME].

In a student's tree the lab is that of the tree. In the project's own tree this grades the reference, which has all
points. The exit status is 0 if all steps passed.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

import judge
import process
import report
import seeds
import table
import tree
from table import LabError


def _chosen(args):
    name = args.lab or tree.mark().get("lab")
    if not name:
        raise LabError("this tree is of no lab: choose one by LAB=, one of: " + " ".join(table.names()))
    lab = table.load(name)
    steps = seeds.steps(lab, args.seed)
    lab.step(args.step or steps[0].name)
    return lab, [step for step in steps if args.step in (None, step.name)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lab", metavar="NAME")
    parser.add_argument("--step", metavar="NAME", help="only this step")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="a number that varies hidden steps")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N", help="boots at once")
    args = parser.parse_args()
    if not Path("build.mk").exists():
        parser.error("start it in the root of a tree")
    signal.signal(signal.SIGTERM, lambda *_: process.stop_all())
    try:
        lab, steps = _chosen(args)
    except LabError as error:
        print(f"make grade: {error}", file=sys.stderr)
        return 2
    verdicts = judge.grade(steps, args.jobs)
    report.show(lab, verdicts, sys.stdout)
    return 0 if all(verdict.passed for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
