#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Records a session at the prompt as an SVG that moves: tools/recording.py [KERNEL]

The commands below are typed at the prompt of a machine with 4 GiB, and docs/pictures/recording.svg shows what
the kernel answers. The picture needs no script: each line has a CSS animation that hides it until its time.
A viewer without animations, and a reader who asked for less motion, see the end of the session.
"""

import html
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/qemu"))

from guest import Guest  # noqa: E402  pylint: disable=wrong-import-position

FILE = Path("docs/pictures/recording.svg")
# None of them prints a time, so each recording of one kernel is the same file.
COMMANDS = ("alloc 0 HighMem", "kmap 1", "where 0xffa00000", "walk 0xffa00000", "kunmap 1", "fill HighMem 90",
            "meminfo")
PROMPT = "highland> "
COLUMNS, ROWS = 80, 22
WIDTH, HEIGHT, EDGE = 8, 18, 14  # of a character, and of the space around all of them
LENGTH = 24.0  # seconds, with the pause at the end
PER_KEY, BEFORE_ENTER, PER_LINE, PAUSE = 0.065, 0.3, 0.05, 0.9

STYLE = """
svg { --ink: #1b1f24; --soft: #0a6b4d; --paper: #f6f8fa; --edge: #d0d7de; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6edf3; --soft: #5fc9a3; --paper: #10151c; --edge: #30363d; }
}
rect { fill: var(--paper); stroke: var(--edge); }
text { fill: var(--ink); white-space: pre;
  font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace; }
.p { fill: var(--soft); }
.t { font-weight: bold; }
"""


def session(kernel):
    """(command, lines of its output) of each command."""
    with Guest("4G", kernel, "loglevel=4 seed=1") as guest:
        return [(command, _lines(guest.command(command))) for command in COMMANDS]


def _lines(output):
    return [line.rstrip() for line in output.split("\n") if line.strip() and not line.startswith(PROMPT.rstrip())]


def timed(spoken):
    """(row, column, text, class, seconds after which it is there) of each piece, and the scrolling: (rows, seconds).

    A typed command has a piece for each key.
    """
    pieces, scrolls = [], []
    row, now = 0, 0.5
    for command, output in spoken:
        pieces.append((row, 0, PROMPT, "p", now))
        now += PAUSE
        for at, key in enumerate(command):
            if key != " ":
                pieces.append((row, len(PROMPT) + at, key, "t", now))
            now += PER_KEY
        now += BEFORE_ENTER
        for line in [*output, None]:
            row += 1
            if row >= ROWS:
                scrolls.append((row - ROWS + 1, now))
            if line is not None:
                pieces.append((row, 0, line, "", now))
                now += PER_LINE
    pieces.append((row, 0, PROMPT, "p", now))
    return pieces, scrolls


def drawn(spoken):
    """The text of the picture."""
    pieces, scrolls = timed(spoken)
    times = sorted({piece[4] for piece in pieces})
    name = {time: f"a{number}" for number, time in enumerate(times)}
    part = 100 / LENGTH
    rules = [f"@keyframes {name[time]} {{ 0%, {time * part:.2f}% {{ visibility: hidden }} "
             f"{time * part + 0.01:.2f}%, 100% {{ visibility: visible }} }}\n"
             f".{name[time]} {{ animation: {name[time]} {LENGTH:.0f}s step-end infinite }}" for time in times]
    steps = "".join(f" {time * part:.2f}% {{ transform: translateY({-rows * HEIGHT}px) }}" for rows, time in scrolls)
    last = -scrolls[-1][0] * HEIGHT if scrolls else 0
    rules.append(f"@keyframes scroll {{ 0% {{ transform: none }}{steps} 100% {{ transform: translateY({last}px) }} }}\n"
                 f"#scroll {{ animation: scroll {LENGTH:.0f}s step-end infinite }}")
    texts = []
    for row, column, text, kind, time in pieces:
        column += len(text) - len(text.lstrip())
        shown = html.escape(text.strip(), quote=False)
        texts.append(f'<text class="{" ".join(filter(None, (kind, name[time])))}" x="{EDGE + column * WIDTH}" '
                     f'y="{EDGE + row * HEIGHT + 13}" textLength="{len(text.strip()) * WIDTH}">{shown}</text>')
    wide, high = COLUMNS * WIDTH + 2 * EDGE, ROWS * HEIGHT + 2 * EDGE
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" xml:space="preserve" viewBox="0 0 {wide} {high}" '
        f'width="{wide}" height="{high}">', "<title>A session at the prompt of Highland</title>",
        f"<desc>Typed are: {', '.join(COMMANDS)}.</desc>",
        f"<style>{STYLE}#scroll {{ transform: translateY({last}px) }}",
        "@media (prefers-reduced-motion: no-preference) {", *rules, "}</style>",
        f'<rect x=".5" y=".5" width="{wide - 1}" height="{high - 1}" rx="8"/>',
        f'<clipPath id="screen"><rect y="{EDGE}" width="{wide}" height="{high - 2 * EDGE}"/></clipPath>',
        '<g clip-path="url(#screen)"><g id="scroll">', *texts, "</g></g></svg>", ""])


if __name__ == "__main__":
    FILE.write_text(drawn(session(sys.argv[1] if len(sys.argv) > 1 else "build/highland.elf")))
    print(f"{FILE}: {FILE.stat().st_size >> 10} KiB")
