# SPDX-License-Identifier: MIT
"""Samples of output in docs/*.md, which a boot must really print.

A comment in front of an indented block says where the block is from:

    <!-- sample pae: zoneinfo -->                     a command at the prompt, in this paging mode
    <!-- sample nopae: boot; varies: \\d+K code -->    the boot messages; what matches may be different
    <!-- sample pae: gdb hl-zones -->                 a command of `make debug`

The lines of the block must come one after the other in the output. A line `...` stands for any lines.
"""

import re
from dataclasses import dataclass
from pathlib import Path

MARK = re.compile(r"^<!-- sample (pae|nopae): (.+?)((?:; varies: .+?)*) -->$")


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


def read(folder=Path("docs")):
    """All samples of all pages, in their order."""
    samples = []
    for path in sorted(folder.glob("*.md")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if not line.startswith("<!-- sample"):
                continue
            mark = MARK.match(line)
            if not mark:
                raise ValueError(f"{path}:{number + 1}: expected <!-- sample pae|nopae: command[; varies: regex] -->")
            block = []
            for text in lines[number + 1:]:
                if text.startswith("    "):
                    block.append(text[4:])
                elif text or block:
                    break
            if not block:
                raise ValueError(f"{path}:{number + 1}: no indented block follows")
            samples.append(Sample(f"{path}:{number + 1}", mark[1], mark[2],
                                  [part for part in mark[3].split("; varies: ") if part], block))
    return samples
