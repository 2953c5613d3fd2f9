#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the samples of output and the tables in docs/*.md with what the machine of `make run` prints.

    tests/qemu/docs.py              compares; the last line is 'N passed, N failed'
    tests/qemu/docs.py --update     writes the tables anew

samples.py describes the mark of a sample; debugger.py compares those of gdb. A table is made from the
kernel's own help, and is between two comments:

    <!-- table: help params -->
    <!-- end of table -->

A quiz in a page is made by the command in front of it, and --update writes it anew, too. Its numbers are those
of one build: addresses and free blocks vary with the size of the kernel. So only its words are compared, and a
list may be longer or shorter.

    <!-- from a quiz: tools/quiz.py walk -s 7 -c -->
"""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import samples

MACHINE = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "4G", "-smp", "2", "-display", "none",
           "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
           "-kernel", "build/highland.elf"]
TABLE = re.compile(r"(<!-- table: (help|help params) -->\n)(.*?)(<!-- end of table -->)", re.S)


def boot(mode, parameters):
    """All that a boot prints."""
    words = f"nopae {parameters}" if mode == "nopae" else parameters
    done = subprocess.run([*MACHINE, "-append", words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=False)
    return done.stdout.replace("\r", "")


def outputs(mode, commands):
    """The output of the boot and of each command. Commands share one boot if they can."""
    shared = [command for command in commands if not re.match(r"(boot|crash)\b", command)]
    # A command with a known answer separates the outputs: `help NAME` prints two lines.
    run = ";".join(f"help help;{command}" for command in shared)
    text = boot(mode, f'"run={run};help help"')
    first, *parts = text.split("\nhelp [NAME | params NAME]: ")
    found = {"boot": first, **dict(zip(shared, [part.split("\n", 2)[-1] for part in parts]))}
    for command in set(commands) - set(found):
        what, words = command.split(None, 1)
        found[command] = boot(mode, f"{words} run=cmdline" if what == "boot" else f'"run={command}"')
    return found


def rows_of_commands(text):
    """(name and arguments, meaning) of each line of `help`."""
    for line in re.findall(r"^  (?=\S)(.*)$", text, re.M):
        name, rest = line[:12].strip(), line[13:]
        arguments = re.match(r"(?:(?:\[[^\]]*\]|[A-Z]+)(?:\.\.\.)?(?:\|[a-z]+)* )*", rest)[0].rstrip()
        yield f"{name} {arguments}".strip(), rest[len(arguments):].strip()


def rows_of_parameters(text):
    """(name and values, meaning) of each entry of `help params`: a long name has its meaning below."""
    for name, meaning in re.findall(r"^(\S(?:.*?\S)??)(?:  +|\n +)(\S.*)$", text, re.M):
        yield name, meaning


def table(command, text):
    """A table of a page, from what the command printed."""
    rows = rows_of_parameters(text) if "params" in command else rows_of_commands(text)
    lines = [f"| `{name}` | {meaning} |".replace("<", "&lt;") for name, meaning in
             ((name.replace("|", "\\|"), meaning.replace("|", "\\|")) for name, meaning in rows)]
    return "\n".join(["", "| | |", "|---|---|", *lines, "", ""])


QUIZ = re.compile(r"^(<!-- from a quiz: (tools/quiz\.py .*) -->\n\n)((?:    .*\n|\n(?=    ))+)", re.M)
NUMBER = re.compile(r"\b(?:0x[0-9a-f]+|[0-9a-f]{8}|\d+)\b")


def words_of_quiz(text):
    """The words of a quiz: each number is #, and of items that follow each other only the first is left."""
    title, _, text = text.partition("\n\n")
    text = NUMBER.sub("#", " ".join(text.split()))
    while (shorter := re.sub(r"(#|\b\w[^#]{0,40}#.{0,60}?|#.{1,60}?)(?:[,;.]? \1)+(?=\W|$)", r"\1", text)) != text:
        text = shorter
    return f"{' '.join(title.split())}\n{text}"


def _first_difference(wanted, got):
    """The words around the first place where two quizzes differ."""
    at = next((at for at, pair in enumerate(zip(wanted, got)) if pair[0] != pair[1]), min(len(wanted), len(got)))
    return f"it has '{wanted[max(0, at - 30):at + 30]}', the program prints '{got[max(0, at - 30):at + 30]}'"


def _ask(command):
    """The output of the program of the quizzes."""
    done = subprocess.run([sys.executable, *command.split()], capture_output=True, text=True, timeout=120, check=False)
    return done.stdout if done.returncode == 0 else f"{done.stdout}{done.stderr}"


def quizzes(update):
    """(place, complaint or None) of each quiz in a page; with `update` the pages are changed instead."""
    for path in sorted(Path("docs").glob("*.md")):
        page = path.read_text()
        made = {match[2]: _ask(match[2]).rstrip("\n") for match in QUIZ.finditer(page)}
        for match in QUIZ.finditer(page):
            wanted, got = words_of_quiz(textwrap.dedent(match[3])), words_of_quiz(made[match[2]])
            yield (f"{path}:{page.count(chr(10), 0, match.start()) + 1}: {match[2]}",
                   None if update or wanted == got else
                   f"stale: {_first_difference(wanted, got)}; make docs-update writes it anew")
        if update and made:
            path.write_text(QUIZ.sub(lambda match, made=made: match[1] + re.sub(
                r"(?m)^(?=.)", "    ", made[match[2]]) + "\n", page))


def tables(update):
    """(place, complaint or None) of each table; with `update` the pages are changed instead."""
    said = outputs("pae", ["help", "help params"])
    for path in sorted(Path("docs").glob("*.md")):
        page = path.read_text()
        for match in TABLE.finditer(page):
            right = table(match[2], said[match[2]]) == match[3]
            yield (f"{path}:{page.count(chr(10), 0, match.start()) + 1}: table of `{match[2]}`",
                   None if right or update else "stale: make docs-update writes it anew")
        if update:
            path.write_text(TABLE.sub(lambda match: match[1] + table(match[2], said[match[2]]) + match[4], page))


def main():
    update = sys.argv[1:] == ["--update"]
    results = [*tables(update), *quizzes(update)]
    if update:
        print(f"docs: {len(results)} tables and quizzes written")
        return 0 if results else 1
    wanted = [sample for sample in samples.read() if not sample.command.startswith("gdb ")]
    for mode in ("pae", "nopae"):
        own = [sample for sample in wanted if sample.mode == mode]
        output = outputs(mode, list(dict.fromkeys(sample.command for sample in own))) if own else {}
        results += [(f"{sample.where}: {sample.command} ({mode})", sample.complaint(output.get(sample.command, "")))
                    for sample in own]
    results += [(where, "looks like output of the kernel: expected a mark in front of it (samples.py)")
                for where in samples.unmarked()]
    if not wanted or not all(any(kind in where for where, _ in results) for kind in ("table of", "quiz.py")):
        results.append(("docs", "expected samples, tables and quizzes"))
    for where, complaint in results:
        print(f"FAILED  {where}: {complaint}" if complaint else f"ok      {where}")
    failed = sum(complaint is not None for _, complaint in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
