#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hands in files that try to get points without the work: each must get none, for the expected reason.

Each trick is code in the untouched file of lab buddy. It runs when the kernel frees its first block, while it
boots. labs/honesty.md lists the tricks, and those that remain possible. The last line is 'N passed, N failed'.
"""

import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/lab"))

import seeds  # noqa: E402
import stub as stubs  # noqa: E402
import table  # noqa: E402
import trusted  # noqa: E402

LAB, FILE = "buddy", "mm/buddy.c"
STEPS = ("find", "pair", "list")  # they share a boot of each mode
TEST = "takes_the_smallest_block"  # the beginning of the name of a test of the step find
ENTRY = "static noinline void coalesce("
TEST_NAME = "TEST_NAME"  # in the tricks, the whole name of that test
JOBS = len(os.sched_getaffinity(0))


@dataclass
class Trick:
    """code is put in front of the functions of the file. call runs once. reason is a pattern of the verdict."""

    name: str
    code: str
    call: str
    reason: str


def _lines(*texts):
    """Code that prints lines."""
    return "".join(f'console_printf("{text}\\n");\n' for text in texts)


EXIT = '__asm__ volatile("outb %b0, %w1" ::"a"(0x10), "d"(0xf4));\n'
RESET = '__asm__ volatile("lidt %0; int3" ::"m"((struct { u16 size; u32 at; } __packed){ 0, 0 }));\n'
PRINT = "#include <kernel/console.h>\n"

TRICKS = (
    Trick("prints-results", PRINT,
          _lines("KTAP version 1", "1..1", "    1..1", "    ok 1 TEST_NAME", "ok 1 buddy_blocks",
                 "# totals: pass:1 fail:0"),
          r"buddy_blocks\.|not ok"),
    Trick("invents-signatures", PRINT,
          _lines("    ok 1 TEST_NAME", "    # graded ok buddy_blocks.TEST_NAME 0123456789abcdef0123456789abcdef",
                 "# graded end 1 0123456789abcdef0123456789abcdef"),
          r"buddy_blocks\.|not ok"),
    Trick("exits-as-passed", PRINT, _lines("    ok 1 TEST_NAME", "# totals: pass:1 fail:0 skip:0") + EXIT,
          "the boot ended early"),
    Trick("resets-the-machine", "", RESET, "the boot ended early"),
    Trick("adds-a-test", "#include <tests/kernel/ktest.h>\nKTEST(buddy_blocks, TEST_NAME)\n{\n}\n", "",
          "section ktests, which the reference has not"),
    Trick("adds-a-record-by-assembler", '__asm__(".pushsection ktests; .long 0; .popsection");\n', "",
          "section ktests, which the reference has not"),
    Trick("signs-results", "#include <tests/kernel/graded.h>\n", 'graded_say("    ", "ok buddy_blocks.TEST_NAME");\n',
          "graded_say, which belongs to the tests"),
    Trick("silences-failures", "void ktest_fail(const char *file, int line, const char *fmt, ...);\n"
          "void ktest_fail(const char *file, int line, const char *fmt, ...)\n{\n}\n", "", "does not compile"),
    Trick("includes-the-table", '#include "../labs/buddy/lab.toml"\n', "", "expected #include of a header"),
    Trick("copies-an-object", '__asm__(".inc" "bin \\"build/pae/mm/buddy.o\\"");\n', "", "does not compile"),
)


def handed_in(trick, test):
    """The text of the untouched file with a trick in it."""
    lab = table.load(LAB, ROOT)
    text = (ROOT / FILE).read_text()
    for stub in lab.stubs:
        text = stubs.apply(lab, stub, text)
    call = ""
    if trick.call:
        call = f"\tstatic bool done;\n\n\tif (!done) {{\n\t\tdone = true;\n{trick.call}\t}}\n"
    head, entry, rest = text.partition(ENTRY)
    signature, brace, body = rest.partition("\n{\n")
    if not brace:
        sys.exit(f"{FILE} has no {ENTRY}...)")
    return f"{head}{trick.code}{entry}{signature}{brace}{call}{body}".replace(TEST_NAME, test)


def complaint_about(trick, test):
    """A complaint about the verdict of a trick, or None."""
    lab = table.load(LAB, ROOT)
    steps = [step for step in seeds.steps(lab, 1) if step.name in STEPS]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).parent.mkdir()
        (Path(folder) / FILE).write_text(handed_in(trick, test))
        verdicts = trusted.grade_folder(lab, steps, ROOT, Path(folder), JOBS)
    points = sum(verdict.points for verdict in verdicts)
    reason = " ".join(verdicts[0].reason)
    if points:
        return f"{points} points, expected none"
    return None if re.search(trick.reason, reason) else f"the reason is '{reason}', expected {trick.reason}"


def main():
    os.chdir(ROOT)
    names = [name.partition(".")[2] for name in table.all_tests() if name.startswith(f"buddy_blocks.{TEST}")]
    if not names:
        sys.exit(f"there is no test buddy_blocks.{TEST}*")
    failed = 0
    for trick in TRICKS:
        complaint = complaint_about(trick, names[0])
        failed += complaint is not None
        print(f"{'FAILED' if complaint else 'ok':<7} {trick.name}" + (f": {complaint}" if complaint else ""),
              flush=True)
    print(f"{len(TRICKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
