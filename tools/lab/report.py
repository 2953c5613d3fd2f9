# SPDX-License-Identifier: MIT
"""Shows the verdicts of a grading."""

import textwrap

WIDTH = 80


def _colour(out, number, text):
    return f"\033[{number}m{text}\033[0m" if out.isatty() else text


def _step_line(verdict, out):
    step = verdict.step
    word, colour = ("ok", 32) if verdict.passed else ("FAILED", 31) if verdict.graded else ("?", 33)
    text = f"{step.name:<14} {step.text}"
    if len(text) > WIDTH - 17:
        text = text[:WIDTH - 21] + " ..."
    return f"  {_colour(out, colour, f'{word:<6}')} {verdict.points:3}/{step.points:<3} {text}"


def show(lab, verdicts, out):
    """One line for each step, then the reason of the first failure and the command that repeats it."""
    print(f"Lab {lab.number}, {lab.title}", file=out)
    for verdict in verdicts:
        print(_step_line(verdict, out), file=out)
    points, most = (sum(of(verdict) for verdict in verdicts) for of in (lambda v: v.points, lambda v: v.step.points))
    rest = sum(step.points for step in lab.steps)
    hidden = f"; hidden steps have the other {100 - rest}" if rest < 100 and len(verdicts) == len(lab.steps) else ""
    print(f"{points} of {most} points{hidden}", file=out)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if failed:
        print(f"\nThe first failure, step {failed[0].step.name}:", file=out)
        for line in failed[0].reason:
            print(textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ",
                                break_long_words=False, break_on_hyphens=False), file=out)
        if failed[0].again:
            print(f"To repeat it:\n  {failed[0].again}", file=out)
