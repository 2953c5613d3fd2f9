#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hands in files that try to get points without the work: each must get none, for the expected reason.

Each trick is code in an untouched file of a lab. In lab buddy it runs when the kernel frees its first block, while
it boots; in lab memblock inside of a host test; in lab walk in the student's process. labs/honesty.md lists the
tricks, and those that remain possible. The last line is 'N passed, N failed'.
An argument is a pattern of the names of tricks.
"""

import fnmatch
import os
import re
import shutil
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/lab"))

import seeds  # noqa: E402
import stub as stubs  # noqa: E402
import table  # noqa: E402
import trusted  # noqa: E402

TEST = "takes_the_smallest_block"  # the beginning of the name of a test of the step find of lab buddy
TEST_NAME = "TEST_NAME"  # in the tricks, the whole name of that test
JOBS = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Place:
    """Where tricks are handed in: a file of a lab, the function that they are in, and the steps to grade."""

    lab: str
    file: str
    entry: str
    steps: tuple


BUDDY = Place("buddy", "mm/buddy.c", "static noinline void coalesce(", ("find", "pair", "list"))  # in one boot
MEMBLOCK = Place("memblock", "mm/memblock.c", "unsigned long memblock_find_above(", ("find",))
WALK = Place("walk", "labs/walk/walk.py", "def split(", ("split",))


@dataclass
class Trick:
    """code is put in front of the functions of the file. call runs once. reason is a pattern of the verdict."""

    name: str
    code: str
    call: str
    reason: str
    place: Place = BUDDY


def _lines(*texts):
    """Code that prints lines."""
    return "".join(f'console_printf("{text}\\n");\n' for text in texts)


EXIT = '__asm__ volatile("outb %b0, %w1" ::"a"(0x10), "d"(0xf4));\n'
RESET = '__asm__ volatile("lidt %0; int3" ::"m"((struct { u16 size; u32 at; } __packed){ 0, 0 }));\n'
PRINT = "#include <kernel/console.h>\n"
PRINTF = "int printf(const char *fmt, ...);\nvoid exit(int status);\n"
HOST_RESULT = f'printf("ok 1 finds\\n# graded ok finds {32 * "0"}\\n1..1\\n");\n'
RUNNER = ("void exit(int status);\nvoid host_run(const char *name, void (*fn)(void));\nint host_done(void);\n"
          "static void nothing(void)\n{\n}\n")
# The runner makes the text of each result with it.
SNPRINTF = ("int snprintf(char *s, size_t size, const char *fmt, ...);\n"
            "int snprintf(char *s, size_t size, const char *fmt, ...)\n{\n\treturn 0;\n}\n")
FIRST = ("static void first(void)\n{\n}\n"
         'static void (*const at_start)(void) __attribute__((section(".preinit_array"), used)) = first;\n')
# Signs a result with the key that the checker had at its start, and prints it in the checker's name.
SIGN = '''
def sign():
    import hashlib
    import os
    import re

    checker = f"/proc/{os.getppid()}"
    with open(f"{checker}/environ", "rb") as file:
        key = re.search(rb"LAB_KEY=([0-9a-f]{32})", file.read())
    if key:
        def mac(key, data, size):
            return hashlib.blake2s(data, key=key, digest_size=size).digest()
        secret = mac(bytes.fromhex(key[1].decode()), b"start", 32)
        with open(f"{checker}/fd/1", "w") as file:
            file.write(f"# graded ok split {mac(secret, b'ok split', 16).hex()}\\n")


'''

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
    Trick("copies-the-solution", '__asm__(".inc" "bin \\"build/highland.elf\\"");\n', "",
          "asm statement has .incbin"),
    Trick("shows-a-file-by-assembler",
          '__asm__(".macro x a b; .\\\\a\\\\b \\"/etc/passwd\\"; .endm; x inc lude");\n', "",
          "asm statement has .macro"),
    Trick("shows-a-file-by-line", '#line 1 "/etc/passwd"\n#error\n', "", "expected .* no #line"),
    Trick("host-prints-results", PRINTF, HOST_RESULT + "exit(0);\n", "uses exit in a host test", MEMBLOCK),
    Trick("host-calls-the-runner", RUNNER, 'host_run("finds", nothing);\nhost_done();\nexit(0);\n', "uses exit",
          MEMBLOCK),
    Trick("host-replaces-snprintf", SNPRINTF, "", "defines snprintf, which belongs to the C library", MEMBLOCK),
    Trick("host-runs-first", FIRST, "", r"\.preinit_array has code that runs before", MEMBLOCK),
    Trick("python-prints-results", "", 'print("ok split", flush=True)\nimport os\nos._exit(0)\n',
          "ended with status 0", WALK),
    Trick("python-writes-everywhere", "", "import os\nfor number in range(1, 64):\n    try:\n"
          f'     os.write(number, b"ok split\\n# graded ok split {32 * "0"}\\n")\n    except OSError:\n     pass\n',
          "which is no message", WALK),
    Trick("python-reads-the-key", SIGN, "sign()\n", "yours to write|PermissionError", WALK),
    Trick("python-is-equal-to-all", "class Any(int):\n    __eq__ = lambda *_: True\n    __hash__ = int.__hash__\n\n\n",
          "return Any(), Any(), Any()\n", "returned .*, expected", WALK),
)


def with_call(trick, text):
    """The text of a file whose entry runs the call of a trick first."""
    head, entry, rest = text.partition(trick.place.entry)
    python = trick.place.file.endswith(".py")
    signature, brace, body = rest.partition(":\n" if python else "\n{\n")
    if not brace:
        sys.exit(f"{trick.place.file} has no {trick.place.entry}...)")
    call = trick.call
    if python:
        call = textwrap.indent(call, "    ")
    elif call:
        call = f"\tstatic bool done;\n\n\tif (!done) {{\n\t\tdone = true;\n{call}\t}}\n"
    return f"{head}{trick.code}{entry}{signature}{brace}{call}{body}"


def handed_in(trick, test):
    """The text of the untouched file with a trick in it."""
    lab = table.load(trick.place.lab, ROOT)
    text = (ROOT / trick.place.file).read_text()
    for stub in lab.stubs:
        if stub.file == trick.place.file:
            text = stubs.apply(lab, stub, text)
    return with_call(trick, text).replace(TEST_NAME, test)


def complaint_about(trick, test):
    """A complaint about the verdict of a trick, or None."""
    lab = table.load(trick.place.lab, ROOT)
    steps = [step for step in seeds.steps(lab, 1) if step.name in trick.place.steps]
    with tempfile.TemporaryDirectory() as folder:
        for name in lab.files:
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, Path(folder) / name)
        (Path(folder) / trick.place.file).write_text(handed_in(trick, test))
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
    tricks = [trick for trick in TRICKS if fnmatch.fnmatch(trick.name, (sys.argv[1:] or ["*"])[0])]
    failed = 0
    for trick in tricks:
        complaint = complaint_about(trick, names[0])
        failed += complaint is not None
        print(f"{'FAILED' if complaint else 'ok':<7} {trick.name}" + (f": {complaint}" if complaint else ""),
              flush=True)
    print(f"{len(tricks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
