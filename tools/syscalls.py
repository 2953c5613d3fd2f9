#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that docs/linux.md names each system call that the sources define; with --write, writes its list.

    tools/syscalls.py [--write]

A call is a record, SYSCALL(number, name) or SYSCALL_SAME(number, name, function). The list in the page is
between two comments, by the subjects below.
"""

import re
import sys
import textwrap
from pathlib import Path

PAGE = Path("docs/linux.md")
BEGIN, END = "<!-- system calls: tools/syscalls.py --write -->\n", "<!-- end of the system calls -->\n"
RECORD = re.compile(r"^SYSCALL(?:_SAME)?\((\d+), (\w+)(?:, (\w+))?", re.M)
# Functions that only answer.
ANSWERS = {"not_supported": "not supported, there are no extended attributes", "nothing": "0, and nothing happens"}
SUBJECTS = (("files", "fs/(?!poll|socket)"), ("memory", "vm/|fs/mmap"), ("waiting for files", "[a-z]*/poll"),
            ("sockets", "fs/socket"), ("signals", "process/signal"), ("time", "process/(clocks|timers|sleep)"),
            ("processes and threads", "process/(clone|exec|exit|wait|futex|tls)"), ("users and groups", "process/ids"),
            ("limits and the system", "process/"))


def subject_of(path, function):
    """The row of a call."""
    if function in ANSWERS:
        return f"only an answer ({ANSWERS[function]})"
    if re.match("fs/mmap", path):
        return "memory"
    return next(name for name, pattern in SUBJECTS if re.match(pattern, path))


def table(top=Path(".")):
    """The list as Markdown."""
    rows, numbers = {}, {}
    for folder in ("fs", "process", "vm"):
        for path in sorted((top / folder).glob("*.c")):
            for number, name, function in RECORD.findall(path.read_text()):
                if int(number) in numbers:
                    sys.exit(f"{path}: {name} has the number of {numbers[int(number)]}")
                numbers[int(number)] = name
                rows.setdefault(subject_of(f"{folder}/{path.name}", function), []).append(name)
    order = [name for name, _ in SUBJECTS] + sorted({*rows} - {name for name, _ in SUBJECTS})
    lines = [f"These are the {len(numbers)} system calls."]
    for name in order:
        lines += ["", f"{name.capitalize()}:", ""]
        lines += textwrap.wrap(" ".join(sorted(rows[name])), 98, initial_indent=" " * 4, subsequent_indent=" " * 4)
    return "\n".join(lines) + "\n"


def main():
    text = PAGE.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{PAGE}: expected the lines {BEGIN.strip()} and {END.strip()}")
    wanted = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if "--write" in sys.argv:
        PAGE.write_text(wanted)
    elif text != wanted:
        sys.exit(f"{PAGE}: the list of system calls is not that of the sources: tools/syscalls.py --write")


if __name__ == "__main__":
    main()
