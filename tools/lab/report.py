# SPDX-License-Identifier: MIT
"""Shows verdicts: a line for each step, a row of a table for each folder, or the JSON that Gradescope reads."""

import textwrap
from dataclasses import dataclass

from table import Lab

WIDTH = 80
NAME = 16  # columns of the name of a step


@dataclass
class Graded:
    """The verdicts of one tree or folder."""

    lab: Lab
    verdicts: list
    seconds: float
    folder: str = ""
    incomplete: bool = False  # the grading was interrupted, so there are no verdicts

    @property
    def points(self):
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def most(self):
        return sum(verdict.step.points for verdict in self.verdicts)

    @property
    def failed(self):
        return [verdict for verdict in self.verdicts if not verdict.passed]


def interrupted(lab, folder=""):
    """The report of a tree or folder that an interrupt kept from being graded."""
    return Graded(lab, [], 0, folder, incomplete=True)


# --- for the student -----------------------------------------------------------------------------------------


def _colour(out, number, text):
    return f"\033[{number}m{text}\033[0m" if out.isatty() else text


def _step_line(verdict, out):
    step = verdict.step
    word, colour = ("ok", 32) if verdict.passed else ("FAILED", 31) if verdict.graded else ("?", 33)
    text = f"{step.name:<{NAME}}{step.text}"
    if len(text) > WIDTH - 17:
        text = text[:WIDTH - 20] + "..."
    return f"  {_colour(out, colour, f'{word:<6}')} {verdict.points:3}/{step.points:<3} {text}"


def _lines(verdict, indent):
    """The reason of a failure, wrapped to the width of a screen."""
    for line in verdict.reason:
        yield from textwrap.wrap(line, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ",
                                 break_long_words=False, break_on_hyphens=False)


def show(graded, out, words=""):
    """One line for each step, then the reason of the first failure and the command that repeats it.

    words are those that this command needs beside the name of the step, with a blank behind them.
    """
    lab, failed = graded.lab, graded.failed
    print(f"Lab {lab.number}, {lab.title}", file=out)
    for verdict in graded.verdicts:
        print(_step_line(verdict, out), file=out)
    rest = 100 - sum(step.points for step in lab.steps)
    hidden = f"; hidden steps have the other {rest}" if rest and len(graded.verdicts) == len(lab.steps) else ""
    print(f"{graded.points} of {graded.most} points{hidden}", file=out)
    if failed:
        print(f"\nThe first failure, step {failed[0].step.name}:", *_lines(failed[0], "  "), sep="\n", file=out)
        print(f"To repeat it:\n  {failed[0].again or f'make grade {words}STEP={failed[0].step.name}'}", file=out)
    if not all(verdict.graded for verdict in failed):
        print("\nA step with ? was not graded: other programs kept this machine busy. Please try again.", file=out)


# --- for the teacher -----------------------------------------------------------------------------------------


def row(graded, out, first):
    """The row of a folder in the teacher's table; the first one has the heading above it."""
    if first:
        print(f"Lab {graded.lab.number}, {graded.lab.title}\npoints  folder", file=out)
    print(f"{graded.points:6}  {graded.folder}", file=out)
    reasons = {tuple(verdict.reason) for verdict in graded.failed}
    if len(reasons) == 1 and len(graded.failed) == len(graded.verdicts):
        print(*_lines(graded.failed[0], 8 * " "), sep="\n", file=out)
    elif graded.failed:
        names = ", ".join(verdict.step.name + ("" if verdict.graded else " (not graded: the machine was too slow)")
                          for verdict in graded.failed)
        print(textwrap.fill(f"failed: {names}", WIDTH, initial_indent=8 * " ", subsequent_indent=16 * " "), file=out)
    out.flush()


# --- for Gradescope ------------------------------------------------------------------------------------------


def _test(number, verdict):
    output = list(verdict.reason)
    if not verdict.graded:
        output.insert(0, "Not graded: other programs kept the machine busy.")
    if verdict.again and not verdict.step.hidden and not verdict.passed:
        output.append(f"To repeat it: {verdict.again}")
    return {"number": str(number), "name": f"{verdict.step.name}: {verdict.step.text}", "score": verdict.points,
            "max_score": verdict.step.points, "status": "passed" if verdict.passed else "failed",
            "output": "\n".join(output), "visibility": "hidden" if verdict.step.hidden else "visible"}


def gradescope(graded):
    """The content of results.json (https://gradescope-autograders.readthedocs.io/en/latest/specs/).

    The report of an interrupted grading has no score, so that nobody takes it for 0 points.
    """
    about = {"lab": graded.lab.name, "folder": graded.folder}
    if graded.incomplete:
        return {"output": f"Lab {graded.lab.number}, {graded.lab.title}: not graded, since the grading was "
                          "interrupted. Please grade again.",
                "stdout_visibility": "hidden", "extra_data": about | {"incomplete": True}}
    slow = [verdict.step.name for verdict in graded.verdicts if not verdict.graded]
    output = f"Lab {graded.lab.number}, {graded.lab.title}: {graded.points} of {graded.most} points"
    if slow:
        output += f"\nNot graded, since the machine was too slow: {', '.join(slow)}. Please grade again."
    result = {"score": graded.points, "execution_time": round(graded.seconds),
              "output": output, "stdout_visibility": "hidden",
              "tests": [_test(number, verdict) for number, verdict in enumerate(graded.verdicts, 1)]}
    result["extra_data"] = about | {"max_score": graded.most}
    return result
