#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the recording in the README: the kernel still answers like this, and `make recording` draws it so.

Numbers may differ, since each change of the kernel moves some. The last line is 'N passed, N failed'.
"""

import re
import sys
from xml.etree import ElementTree

sys.path.insert(0, "tools")

import recording  # noqa: E402  pylint: disable=wrong-import-position

LARGEST = 200 << 10
SVG = "{http://www.w3.org/2000/svg}"


def lines(text):
    """The lines that the end of a recording shows, with # for each number."""
    rows = {}
    for piece in ElementTree.fromstring(text).iter(f"{SVG}text"):
        rows.setdefault(int(piece.get("y")), []).append((int(piece.get("x")), piece.text))
    shown = [" ".join(text for _, text in sorted(row)) if len(row) == 1 else "".join(text for _, text in sorted(row))
             for _, row in sorted(rows.items())]
    return [re.sub(r"\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b", "#", re.sub(" +", " ", line)) for line in shown]


def main():
    kept = recording.FILE.read_text()
    spoken = recording.session("build/highland.elf")
    now, again = recording.drawn(spoken), recording.drawn(recording.session("build/highland.elf"))
    widest = max(len(line) for _, output in spoken for line in output)
    tests = {
        "the kernel still answers so; make recording records it again": lines(kept) == lines(now),
        "two sessions give the same file": now == again,
        f"{len(kept)} bytes, at most {LARGEST}": len(kept.encode()) <= LARGEST,
        f"{widest} columns, at most {recording.COLUMNS}": widest <= recording.COLUMNS,
        "no other host and no script": not re.search(r"<script|https?://(?!www\.w3\.org/2000/svg)", kept),
    }
    for name, passed in tests.items():
        print(f"{'ok    ' if passed else 'FAILED'}  {name}")
    if lines(kept) != lines(now):
        print(*(f"        {old!r}\n        {new!r}" for old, new in zip(lines(kept), lines(now)) if old != new),
              sep="\n")
    passed = sum(tests.values())
    print(f"{passed} passed, {len(tests) - passed} failed")
    return 0 if passed == len(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
