# SPDX-License-Identifier: MIT
"""Samples of output in README.md and docs/*.md, which a boot must really print.

A comment in front of an indented block names the source of the block:

    <!-- sample pae: zoneinfo -->                     a command at the prompt, in this paging mode
    <!-- sample nopae: boot; varies: \\d+K code -->    the boot messages; text that matches may differ
    <!-- sample pae: boot loglevel=9 -->              the messages of a boot with these parameters
    <!-- sample pae: crash lifo -->                   a command after which the boot ends
    <!-- sample pae: gdb hl zones -->                 a command of `make debug`

The lines of the block must follow each other in the output. A line `...` stands for any lines, and a line
with a prompt is skipped. unmarked() finds blocks that look like output and have no such comment.
"""

import re
from dataclasses import dataclass
from pathlib import Path

MARK = re.compile(r"^<!-- sample (pae|nopae): (.+?)((?:; varies: .+?)*) -->$")
PROMPT = "highland> "
OUTPUT = re.compile(r"^\[ *\d+\.\d+\]|Kernel panic|, expected |\b0x[0-9a-f]{5,}\b")


@dataclass
class Sample:
    """A block of a page: `command` printed it in `mode`; `varies` are regular expressions."""

    where: str
    mode: str
    command: str
    varies: list
    lines: list

    def _plain(self, line):
        line = re.sub(r"^\[ *\d+\.\d+\] ", "", line).rstrip()
        for pattern in self.varies:
            line = re.sub(pattern, "*", line)
        return line

    def _matches(self, wanted, got):
        """Whether the wanted lines begin the output `got`."""
        if not wanted:
            return True
        if wanted[0].strip() == "...":
            return any(self._matches(wanted[1:], got[at:]) for at in range(len(got) + 1))
        return bool(got) and wanted[0] == got[0] and self._matches(wanted[1:], got[1:])

    def complaint(self, output):
        """None if the output has the sample, else a text that says what was expected."""
        got = [self._plain(line) for line in output.splitlines()]
        wanted = [self._plain(line) for line in self.lines]
        if any(self._matches(wanted, got[at:]) for at in range(len(got))):
            return None
        shown = "\n".join(f"      {line}" for line in got[-60:])
        return f"{self.where}: `{self.command}` ({self.mode}) does not print this sample; it prints\n{shown}"


def _blocks(path):
    """(line number, comment in front or "", lines) of each indented block of a page."""
    lines = path.read_text().splitlines()
    mark, block = "", []
    for number, line in enumerate([*lines, "end"], 1):
        if line.startswith("    "):
            block.append(line[4:])
        elif block and not line and lines[number:] and lines[number].startswith("    "):
            block.append("")
        elif line:
            if block:
                yield start, mark, block
                mark, block = "", []
            elif mark.startswith("<!-- sample"):
                raise ValueError(f"{path}:{number}: no indented block follows {mark}")
            mark = line
        if not block:
            start = number + 1


def pages():
    """The pages that may have samples."""
    return [Path("README.md"), *sorted(Path("docs").glob("*.md"))]


def read(paths=None):
    """All samples of all pages, in their order."""
    samples = []
    for path in paths or pages():
        for number, text, block in _blocks(path):
            if not text.startswith("<!-- sample"):
                continue
            mark = MARK.match(text)
            if not mark:
                raise ValueError(f"{path}:{number}: expected <!-- sample pae|nopae: command[; varies: regex] -->")
            samples.append(Sample(f"{path}:{number}", mark[1], mark[2],
                                  [part for part in mark[3].split("; varies: ") if part],
                                  [line for line in block if not line.startswith(PROMPT)]))
    return samples


def unmarked(paths=None):
    """The places of blocks that have output of the kernel, and no mark."""
    for path in paths or pages():
        for number, text, block in _blocks(path):
            answered = any(before.startswith(PROMPT) and not re.match(f"{PROMPT}|make |$", line)
                           for before, line in zip(block, block[1:]))
            picture = re.search("[─│▶◀]", "".join(block))
            if not text.startswith("<!-- ") and not picture and (
                    answered or any(OUTPUT.search(line) for line in block if not line.startswith(PROMPT))):
                yield f"{path}:{number}"
