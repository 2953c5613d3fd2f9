# SPDX-License-Identifier: MIT
"""Judges the steps of a lab: boots, programs of this machine, and what each step is worth."""

import os
import re
import shlex
import subprocess
from dataclasses import dataclass, field

import boots
import process
import signed
import table

BUILD_SECONDS, HOST_SECONDS = 600, 300
NO_BUILD, REFUSED = "it does not compile:", "it is not graded:"
LINES, CHECKER_LINES = 4, 9  # of a reason
HOST_REASON = re.compile(r"\s+(?:# |not ok|==\d+==ERROR|Kernel panic|.*runtime error)")


@dataclass
class Verdict:
    """The result of a step."""

    step: table.Step
    passed: bool
    reason: list = field(default_factory=list)
    again: str = ""  # the command that repeats what failed, if it is shorter than to grade the step
    graded: bool = True  # False: the host was too slow to tell

    @property
    def points(self):
        return self.step.points if self.passed else 0


class BuildError(Exception):
    """The tree does not compile; the text is the first complaint."""


def make(*arguments):
    """make in this tree, as if nobody had called us."""
    command = ["make", "-s", f"-j{len(os.sched_getaffinity(0))}", *arguments]
    done = process.run(command, BUILD_SECONDS, BUILD_SECONDS)
    if done.status != 0:
        text = done.output.decode(errors="replace")
        lines = [line for line in text.splitlines() if line.strip()]
        first = [at for at, line in enumerate(lines) if re.search(r"error:|undefined reference", line)]
        shown = lines[first[0]:first[0] + LINES] if first else lines[-LINES:]
        shown = [line for line in shown if not line.startswith("make")] or shown or ["make failed without a message"]
        raise BuildError("\n".join(shown))


def build(steps):
    """Builds what the steps need."""
    if any(step.boots or step.bench or step.python for step in steps):
        make("build/highland.elf")
    programs = sorted({word.partition(":")[0] for step in steps for word in step.host})
    if programs:
        make("-C", "tests/host", "build", "T=" + " ".join(programs), "BITS=64")


# --- boots -------------------------------------------------------------------------------------------------


def again_of(machine, globs):
    """The command that repeats a boot."""
    words = ["make", "selftest", f"FILTER={globs}", f"RAM={machine.ram}", f"CPUS={machine.cpus}"]
    if machine.icount:
        words.append("ICOUNT=1")
    words.append(f"PAE={int(machine.mode == 'pae')}")
    if machine.cmdline:
        words.append(f"CMDLINE={machine.cmdline}")
    return shlex.join(words)


def _boot_failure(machine, seen, tests):
    """A failed verdict of a boot as (reason, names of tests), or None if all its tests passed."""
    for test in tests:
        word, lines = seen.results.get(test, (None, []))
        if word == "ok":
            continue
        if word:
            return [f"{test} ({machine.mode}):"] + (lines[:LINES] or ["failed"]), test
        where = f"{seen.running} ({machine.mode}): " if seen.running else f"({machine.mode}) "
        return [where + (seen.stopped or f"{test} did not run")], seen.running or test
    return None


def judge_boots(step, plan, tests_of):
    """The verdict of the boots of a step."""
    for boot in step.boots:
        for machine in boot.machines():
            seen = plan.alone[machine, step.name]
            failure = _boot_failure(machine, seen, tests_of(boot.tests))
            if failure:
                reason, test = failure
                return Verdict(step, False, reason, again_of(machine, test), graded=not seen.slow_host)
    return Verdict(step, True)


# --- programs of this machine --------------------------------------------------------------------------------


def _host_failure(program, groups):
    """Why a program of tests/host did not pass, as lines, or None. Only lines that it signed count."""
    key = signed.new_key()
    extra = {"LAB_KEY": key} | ({"HOST_GROUPS": groups} if groups else {})
    done = process.run([f"build/host/64/{program}"], HOST_SECONDS, HOST_SECONDS, extra=extra)
    text = done.output.decode(errors="replace")
    seen = signed.read(text, key)
    if not done.late and done.status == 0 and seen.complete and seen.results \
            and all(result.startswith("ok ") for result in seen.results):
        return None
    lines = [line.strip() for line in text.splitlines()
             if HOST_REASON.match(" " + line) and not line.startswith(("# graded", "# SEED"))]
    return [f"{program}: {done.late or 'failed'}"] + (lines[:LINES] or text.splitlines()[-LINES:])


def judge_host(step):
    """The verdict of the programs of tests/host that a step names, each with or without a colon and its groups."""
    for program, _, groups in (word.partition(":") for word in step.host):
        reason = _host_failure(program, groups)
        if reason:
            again = f"make test-host T={program} BITS=64"
            return Verdict(step, False, reason, f"HOST_GROUPS={shlex.quote(groups)} {again}" if groups else again)
    return Verdict(step, True)


def judge_python(step):
    """The verdict of the program that a step names: a checker, which asks the student's code and signs the result."""
    key, command = signed.new_key(), ["python3", *step.python]
    done = process.run(command, HOST_SECONDS, HOST_SECONDS, extra={"LAB_KEY": key})
    text = done.output.decode(errors="replace")
    seen = signed.read(text, key)
    if seen.results == [f"ok {step.name}"] and not seen.forged:
        return Verdict(step, True)
    lines = [line[2:] for line in text.splitlines() if re.match(r"# (?!graded)", line)]
    reason = [done.late] if done.late else lines or text.splitlines()[-LINES:] or [f"exit status {done.status}"]
    return Verdict(step, False, reason[:CHECKER_LINES], shlex.join(command))


# --- costs ---------------------------------------------------------------------------------------------------


def judge_bench(step, plan):
    """The verdict of the cost of an operation."""
    limit = step.bench
    seen = plan.costs[limit.mode, limit.row]
    cost = seen.results.get(limit.row, {}).get(limit.column)
    if cost is None:
        reason = f"benchmark {limit.row} ({limit.mode}): {seen.stopped or 'no signed figures'}"
        return Verdict(step, False, [reason], graded=not seen.slow_host)
    reason = f"{limit.row} ({limit.mode}): {cost:g} {limit.column} per operation, at most {limit.at_most:g} expected"
    return Verdict(step, cost <= limit.at_most, [reason])


# --- all steps -----------------------------------------------------------------------------------------------


def _judge(step, plan, tests_of):
    verdict = judge_boots(step, plan, tests_of) if step.boots else Verdict(step, True)
    if verdict.passed and step.host:
        verdict = judge_host(step)
    if verdict.passed and step.python:
        verdict = judge_python(step)
    if verdict.passed and step.bench:
        verdict = judge_bench(step, plan)
    return verdict


def _without_needs(verdicts):
    """A step that needs one without points gets none, too."""
    passed = {verdict.step.name: verdict.passed for verdict in verdicts}
    for verdict in verdicts:
        lacking = [name for name in verdict.step.needs if not passed.get(name, True)]
        if lacking and verdict.passed:
            verdict.passed, verdict.reason = False, [f"no points without step {lacking[0]}"]
        passed[verdict.step.name] = verdict.passed
    return verdicts


def grade(steps, jobs, check=lambda: None):
    """The verdicts of some steps of the tree in the current folder; check() looks at its objects."""
    tests = table.all_tests()
    tests_of = lambda globs: table.matching(globs, tests)  # noqa: E731
    try:
        build(steps)
        check()
    except BuildError as error:
        return [Verdict(step, False, [NO_BUILD, *str(error).splitlines()], "make") for step in steps]
    plan = boots.Plan(steps, tests_of)
    plan.run(jobs)
    return _without_needs([_judge(step, plan, tests_of) for step in steps])
