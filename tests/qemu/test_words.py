# SPDX-License-Identifier: MIT
"""Tests of the checks of text in `make lint`: each must name a mistake that is planted in a copy of a file."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(TOP / "tools")]

import docs  # noqa: E402
import layers  # noqa: E402
import prose  # noqa: E402
import references  # noqa: E402
import samples  # noqa: E402

GOOD = {"a.c": "/*\n * The kernel keeps N pages. It never waits.\n */\n", "a.asm": "; A CPU begins here.\n",
        "a.py": '"""Reads a table."""\n', "a.sh": "# Prints the files.\n", "Makefile": "# What is built?\n",
        "a.md": "# What it costs\n\nA page has 4 KiB.\n\n    what he lies in stays: it is a sample\n"}


def said(tool, name, text):
    """The output of a tool about a file of this name and text, and its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_text(text)
        done = subprocess.run([TOP / "tools" / tool, name], cwd=folder, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr, done.returncode


class Prose(unittest.TestCase):
    """tools/prose.py"""

    def test_good_words_pass(self):
        for name, text in GOOD.items():
            self.assertEqual(said("prose.py", name, text)[1], 0, name)

    def test_each_habit_is_named(self):
        for words in ("Who waits is woken.", "Whoever waits is woken.", "What is free is given away.",
                      "That is for whoever asks.", "Give it so many pages.", "A flush is dear.",
                      "The lock stands in the slot.", "The address lies in a hole.", "A CPU is told to flush.",
                      "The caller and his lock.", "The kernel goes on.", "All but for one.",
                      "Is no code itself.", "Also where a slot is empty it is flushed.", "Of one block become many.",
                      "The fewer tests a row names, the more it says.", "No object; so what was not there.",
                      "There is hardly a reason.", "It is believed.", "The manual forbids to change both."):
            for name, text in GOOD.items():
                begin, end = {"c": ("/* ", " */"), "asm": ("; ", ""), "py": ('"""', '"""'),
                              "md": ("", "")}.get(name.split(".")[-1], ("# ", ""))
                found = prose.complaints(Path(name), f"{text}\n{begin}{words}{end}\n")
                self.assertEqual({line for line, _ in found}, {text.count("\n") + 2}, (name, words))

    def test_words_on_two_lines(self):
        self.assertIn("a.c:2: \"so many\"", said("prose.py", "a.c", "int a;\n/* give it so\n * many pages */\n")[0])

    def test_code_and_strings_are_no_prose(self):
        for name, text in (("a.c", 'char *s = "Who"; int he, stands; // Two names.\n'),
                           ("a.md", "The word `whoever`.\n"), ("a.py", "he = 'so many'\n"),
                           ("a.asm", "dear: db 'he', \"; he\"\n")):
            self.assertEqual(said("prose.py", name, text)[1], 0, name)

    def test_a_long_sentence_is_named(self):
        self.assertIn("a.md:1: a sentence of 41 words", said("prose.py", "a.md", "word " * 40 + "end.\n")[0])
        self.assertEqual(said("prose.py", "a.md", "word " * 39 + "end.\n\n- word\n- word\n")[1], 0)


class Width(unittest.TestCase):
    """tools/width.py"""

    def test_a_wide_line_is_named(self):
        self.assertIn("a.c:2: 101 columns", said("width.py", "a.c", "\n\t" + "x" * 93 + "\n")[0])
        self.assertEqual(said("width.py", "a.c", "\t" + "x" * 92 + "\n")[1], 0)

    def test_a_broken_banner_is_named(self):
        self.assertIn("a.c:2: a banner", said("width.py", "a.c", "/* --- reports\n * " + "-" * 60 + " */\n")[0])

    def test_a_table_and_an_address_may_be_wide(self):
        for name, begin in (("a.md", "| "), ("a.md", "    "), ("a.md", "https://"), ("a.c", "// https://")):
            self.assertEqual(said("width.py", name, begin + "x" * 100 + "\n")[1], 0, begin)


class KernelDoc(unittest.TestCase):
    """tools/kernel_doc.py"""

    GOOD = ("/**\n * f() - add\n * @a, @b: numbers\n *\n * Context: any.\n * Return: the sum.\n */\n"
            "int f(int a, int b[2]);\n")
    TWO = ("/**\n * f(), g() - stop\n *\n * Context: any.\n */\n"
           "static inline void f(void)\n{\n}\n\nstatic inline void g(void)\n{\n}\n")

    def test_good_ones_pass(self):
        for text in (self.GOOD, self.TWO, "#define f(x) g(x)\n", "enum e { A };\n"):
            self.assertEqual(said("kernel_doc.py", "a.h", text)[1], 0, text)

    def test_each_mistake_is_named(self):
        for right, wrong, what in (("@a, @b", "@a", "a.h:8: f(): the comment does not name @b"),
                                   ("f()", "g()", "a.h:8: f() follows the comment of g()"),
                                   (" * Context: any.\n", "", "a.h:7: f(): the comment has no \"Context:\""),
                                   (" * Return: the sum.\n */\nint", " */\nenum e",
                                    "a.h:7: f(): the comment has no \"Return:\""),
                                   ("/**", "/*", "a.h:8: f() has no comment")):
            self.assertIn(what, said("kernel_doc.py", "a.h", self.GOOD.replace(right, wrong))[0])
        self.assertIn("a.h:10: g() has no comment", said("kernel_doc.py", "a.h", self.TWO.replace(", g()", ""))[0])


class References(unittest.TestCase):
    """tools/references.py"""

    @classmethod
    def setUpClass(cls):
        os.chdir(TOP)
        cls.tree = references.Tree()

    def said(self, text):
        return [what for _, what in references.complaints(self.tree, Path("docs/a.md"), text)]

    def test_the_book_is_right(self):
        for page in references.pages():
            self.assertEqual(list(references.complaints(self.tree, page, page.read_text())), [], page)

    def test_good_ones_pass(self):
        self.assertEqual(self.said("`mm/page.h`, `page.h`, `tests/mutants/*.toml`, `kmalloc()`, `kmap.*`,\n"
                                   "`crash oom`, `make lint`, [tour](tour.md),\n"
                                   "[house](../CONTRIBUTING.md#contributing)\n"), [])

    def test_each_kind_is_named(self):
        for text, what in (("`mm/nothing.c`", "no file mm/nothing.c"), ("`nothing.c`", "no file nothing.c"),
                           ("`no_such_call()`", "no function no_such_call()"),
                           ("`kmap.nothing`", "no test kmap.nothing"),
                           ("`crash nothing`", "no `crash nothing`"), ("`make nothing`", "no target nothing"),
                           ("    highland> nothing", "no command nothing"), ("An ABCDE.", "ABCDE is not in docs/"),
                           ("[a](nothing.md)", "leads to nothing.md"), ("[a](tour.md#nothing)", "no heading #nothing"),
                           ("<!-- not here: kmalloc -->", "kmalloc is `not here`, and is here")):
            self.assertIn(what, "".join(self.said(text)), text)
        self.assertEqual(self.said("<!-- not here: no_such_call -->\n`no_such_call()`"), [])

    def test_what_the_lists_lack(self):
        order = '[[part]]\npages = ["docs/quiz*.md", "docs/a.md"]\n'
        page = ("### The suites\n\n| suites | test |\n|---|---|\n| `one`, `two` | `other` |\n\n### More\n\n"
                "| `three` | x |\n")

        def said(names, suites):
            return list(references.unlisted(order, names, page, suites))
        self.assertEqual(said(["docs/a.md", "docs/quizzes.md"], {"one", "two"}), [])
        self.assertEqual(said(["docs/b.md"], {"one", "three"}), [
            "tools/book/order.toml: no part has docs/b.md", "docs/testing.md: the table of suites lacks three",
            "docs/testing.md: there is no suite two"])


class Hooks(unittest.TestCase):
    """The lists of hooks in docs/layers.md, which tools/layers.py checks."""

    HEADERS = "#define A(fn) static struct a a_##fn LINKER_SET( \\\n\t\tas) = { fn }\nvoid b_use_c(void (*c)(void));\n"
    SCRIPT = "\t\t__start_as = .;\n"
    PAGE = "| `as` | `A()` |\n| `b_use_c()` | `b.h` |\n"

    def said(self, headers="", script="", page=""):
        return list(layers.hook_complaints(self.HEADERS + headers, self.SCRIPT + script, self.PAGE + page))

    def test_a_complete_list_passes(self):
        self.assertEqual(self.said(), [])
        self.assertEqual(self.said(" * b_use_d() - a comment\n\tb_use_e(c);\n"), [])

    def test_each_gap_is_named(self):
        for gap, what in (({"headers": "int d_use_e(int e);\n"}, "the hook d_use_e is not in the lists"),
                          ({"script": "\t\t__start_fs = .;\n"}, "the hook fs is not in the lists"),
                          ({"headers": "#define G(fn) LINKER_SET_RANKED(gs, 1)\n"}, "the set gs is not in linker.ld"),
                          ({"page": "| `h_use_i()` | `h.h` |\n"}, "lists h_use_i, which is no set")):
            self.assertIn(what, "".join(self.said(**gap)), what)


class Samples(unittest.TestCase):
    """A sample of output in a page, and what a boot prints."""

    def complaint(self, block, printed, mark="zoneinfo"):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "a.md").write_text(f"<!-- sample pae: {mark} -->\n\n{block}\n")
            return samples.read([Path(folder, "a.md")])[0].complaint(printed)

    def test_the_same_passes(self):
        self.assertIsNone(self.complaint("    one\n    two", "zero\none\ntwo\n"))
        self.assertIsNone(self.complaint("    one\n    ...\n    four", "one\ntwo\nthree\nfour\n"))
        self.assertIsNone(self.complaint("    7 pages", "8 pages\n", r"zoneinfo; varies: \d+ pages"))

    def test_another_is_named(self):
        self.assertIn("does not print this sample", self.complaint("    one\n    two", "one\nthree\n"))
        self.assertIn("does not print this sample", self.complaint("    7 pages", "8 pages\n"))

    def test_output_without_a_mark_is_named(self):
        for block in ("    highland> uptime\n    up 3 seconds", "    Kernel panic: x",
                      "    loglevel=9: ignored, expected 1"):
            with tempfile.TemporaryDirectory() as folder:
                page = Path(folder, "a.md")
                page.write_text(f"Text.\n\n{block}\n\nText.\n")
                self.assertEqual(list(samples.unmarked([page])), [f"{page}:3"])
        self.assertEqual(list(samples.unmarked()), [])

    def test_quizzes_are_compared_by_their_words(self):
        text = ("Quiz a, seed 3: a machine\nwith 2G.\n\n    1 2\n\n1. Where is 0x1f?\n   Answer: 0x1a of order 2;"
                " 0x1b of\n           order 3.\n")
        for old, new in (("1 2", "1 2 3"), ("0x1f", "0x2e"),
                         (" 0x1b of\n           order 3", " 0x9 of order 3; 7 of order 8")):
            self.assertEqual(docs.words_of_quiz(text.replace(old, new)), docs.words_of_quiz(text), new)
        for old, new in (("2G", "3G"), ("seed 3", "seed 4"), ("Where", "Which"), ("of order", "or order"), ("3.", "3")):
            self.assertNotEqual(docs.words_of_quiz(text.replace(old, new)), docs.words_of_quiz(text), new)
        page = "<!-- from a quiz: tools/quiz.py a -s 3 -c -->\n\n    Quiz a.\n\n    1. Why?\n\nText.\n\n    no quiz\n"
        self.assertEqual([match[3] for match in docs.QUIZ.finditer(page)], ["    Quiz a.\n\n    1. Why?\n"])

    def test_tables_are_made_of_help(self):
        printed = "  bench        [glob]...  run all\n  tlbstat                 TLB flushes\n"
        self.assertEqual(docs.table("help", printed),
                         "\n| | |\n|---|---|\n| `bench [glob]...` | run all |\n| `tlbstat` | TLB flushes |\n\n")
        self.assertIn("| `a=b\\|c` | where to print |", docs.table("help params", "a=b|c\n        where to print\n"))


if __name__ == "__main__":
    unittest.main()
