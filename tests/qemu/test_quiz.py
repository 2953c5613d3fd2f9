# SPDX-License-Identifier: MIT
"""Tests of tools/quiz.py that need no boot: how it reads reports, and what it says about bad input."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(TOP / "tools"))
import quiz  # noqa: E402
from question import Question, Quiz  # noqa: E402

WALK = """c1234567 is in: direct map
CR3           001de000
PDPT  [   3]  00000000001e2021  table at 0x1e2000
              accessed present
PD    [   9]  80000000012001e3  large page at 0x1200000
              NX global dirty accessed write present
c1234567 is physical 0x1234567"""
NO_WALK = """f8000000 is in: gap above the direct map
CR3           001de000
PDPT  [   3]  00000000001e2021  table at 0x1e2000
              accessed present
PD    [ 448]  0000000000000000  not present
f8000000 is not mapped"""
PTDUMP = """---[ User Space ]---
---[ Kernel Mapping ]---
0xc0130000-0xc0187000      348K     ro             GLB x  pte
0xc0400000-0xf8000000      892M     RW         PSE GLB NX pmd
---[ vmalloc() Area ]---
0xfff6a000-0xfff6d000       12K     RW PWT PCD     GLB NX pte
---[ End ]---"""


def run(*words, **environment):
    """Exit status and output of the program."""
    done = subprocess.run([sys.executable, "tools/quiz.py", *words], capture_output=True, text=True, cwd=TOP,
                          env={**os.environ, **environment}, check=False)
    return done.returncode, done.stdout + done.stderr


class Reports(unittest.TestCase):
    """The kernel's reports as values."""

    def test_walk(self):
        walk = quiz.sessions.parse_walk(WALK)
        self.assertEqual((walk.cr3, walk.phys), (0x1de000, 0x1234567))
        self.assertEqual([(level.name, level.index, level.target, level.is_table) for level in walk.levels],
                         [("PDPT", 3, 0x1e2000, True), ("PD", 9, 0x1200000, False)])
        self.assertIn("NX", walk.levels[1].bits)

    def test_walk_of_nothing(self):
        walk = quiz.sessions.parse_walk(NO_WALK)
        self.assertIsNone(walk.phys)
        self.assertEqual((walk.levels[-1].index, walk.levels[-1].target), (448, None))

    def test_ptdump(self):
        code, large, device = quiz.sessions.parse_ptdump(PTDUMP)
        self.assertEqual((code.area, code.start, code.write, code.execute, code.large),
                         ("Kernel Mapping", 0xc0130000, False, True, False))
        self.assertEqual((large.end, large.write, large.execute, large.large), (0xf8000000, True, False, True))
        self.assertEqual(device.area, "vmalloc() Area")


class Page(unittest.TestCase):
    """The page as text."""

    def test_answers_only_if_wanted(self):
        page = Quiz(["a fact"], [Question("How many? " * 20, "Five.", "It was counted.")])
        self.assertNotIn("Five", quiz.show("title", page, False))
        self.assertIn("   Answer: Five.\n   Reason: It was counted.\n", quiz.show("title", page, True))
        self.assertLessEqual(max(map(len, quiz.show("title", page, True).splitlines())), 79)

    def test_a_seed_is_the_same_everywhere(self):
        self.assertEqual(quiz.sessions.seeded("walk", 1).randrange(10 ** 6), 615923)


class BadInput(unittest.TestCase):
    """Messages name the value and what was expected."""

    def test_no_topic(self):
        status, text = run()
        self.assertEqual(status, 2)
        for topic, meaning in quiz.TOPICS.items():
            self.assertIn(f"  {topic:<8}{meaning}", text)

    def test_another_topic(self):
        status, text = run("wlak")
        self.assertEqual(status, 2)
        self.assertIn("invalid choice: 'wlak'", text)

    def test_seeds(self):
        for seed in ("x", "1.5", "", "²"):
            status, text = run("walk", "-s", seed)
            self.assertEqual(status, 2)
            self.assertIn(f"{seed!r}: expected a whole number", text)

    def test_a_pipe_that_closes(self):
        reader, writer = os.pipe()
        os.close(reader)
        code = ("import quiz, question; quiz.play = lambda *_: ('title', question.Quiz([], [])); "
                "raise SystemExit(quiz.main())")
        done = subprocess.run([sys.executable, "-c", code, "walk"], stdout=writer, stderr=subprocess.PIPE, text=True,
                              cwd=TOP / "tools", check=False)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_no_kernel(self):
        self.assertEqual(run("walk", "-k", "no/kernel"), (2, "quiz: no/kernel does not exist; `make` builds it\n"))

    def test_no_qemu(self):
        status, text = run("walk", PATH="/nowhere")
        self.assertEqual(status, 2)
        self.assertIn("quiz: qemu-system-x86_64 is not installed; ", text)


if __name__ == "__main__":
    unittest.main()
