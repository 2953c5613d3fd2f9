# SPDX-License-Identifier: MIT
"""Tests of build/test.html: the page says of each test what became of it."""

import sys
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import results_page  # noqa: E402
from boot import Outcome  # noqa: E402
from boot_row import Row  # noqa: E402
from programs import Program  # noqa: E402


class Text(HTMLParser):
    """The text of a page, what each `pre` has, and the tags that were not closed."""

    VOID = ("meta", "br", "img", "link")

    def __init__(self, page):
        super().__init__()
        self.text, self.pres, self.open = "", [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "pre":
            self.pres.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] == "pre":
            self.pres[-1] += data


def good():
    return Outcome(Row("pae-1G", "1G", "selftest", smp=2), ["qemu"], "fine\n", 2.5, 3.0, passed=7, skipped=1)


def bad():
    console = "".join(f"line {number}\n" for number in range(100)) + "<panic> a & b\n"
    return Outcome(Row("nopae-1G", "1G", "nopae selftest", build="debug"), ["qemu", "-append", "nopae selftest"],
                   console, 1.0, 1.0, passed=3, failed=2, problems=["status 37, expected <33>"])


class Page(unittest.TestCase):
    def text(self, *args):
        parsed = Text(results_page.page(*args))
        self.assertEqual(parsed.open, [])
        return parsed

    def test_totals(self):
        page = results_page.page([good(), bad()], 4.0)
        self.assertIn("10 passed, 2 failed, 1 skipped", page)
        self.assertIn('data-passed="10" data-failed="2" data-skipped="1"', page)
        self.assertIn("2 tests took 4 s", page)
        self.assertIn("1 test took 4 s", results_page.page([good()], 4.0))
        self.assertIn('<h1 class="failed"', page)
        self.assertIn('<h1 class="ok"', results_page.page([good()], 4.0))

    def test_a_failure_has_its_reason_its_end_and_its_command(self):
        parsed = self.text([good(), bad()], 4.0)
        console, command = parsed.pres
        self.assertIn("status 37, expected <33>", parsed.text)
        self.assertTrue(console.endswith("<panic> a & b"))
        self.assertEqual(len(console.splitlines()), results_page.TAIL)
        self.assertEqual(command, "timeout 120 qemu -append 'nopae selftest'")

    def test_failures_are_first_in_the_table(self):
        page = results_page.page([good(), bad()], 4.0)
        self.assertLess(page.index("row-nopae-1G"), page.index("row-pae-1G"))

    def test_machines(self):
        self.assertEqual(results_page.where(good().row), "qemu, pc, 1G, -cpu max, 2 CPUs, PAE")
        self.assertEqual(results_page.where(bad().row), "qemu, pc, 1G, -cpu max, 1 CPU, non-PAE, build debug")
        self.assertEqual(results_page.where(Row("iso", "1G", None, iso="build/a.iso")),
                         "qemu, pc, 1G, -cpu max, 1 CPU, PAE, a.iso")
        self.assertEqual(results_page.where(Program("words", ["true"])), "a program of this machine")

    def test_tests_that_did_not_run_are_named(self):
        parsed = self.text([good()], 4.0, ["pae-4G"], ["uefi"])
        self.assertIn("not run: pae-4G.", parsed.text)
        self.assertIn("firmware: uefi.", parsed.text)
        self.assertIn('<h1 class="failed"', results_page.page([good()], 4.0, ["pae-4G"]))

    def test_a_run_without_outcomes(self):
        self.assertIn("0 passed, 0 failed, 0 skipped", self.text([], 0.0, ["pae-4G"]).text)

    def test_nothing_is_fetched(self):
        page = results_page.page([good(), bad()], 4.0)
        for word in ("http:", "https:", "src=", "@import", "url("):
            self.assertNotIn(word, page)

    def test_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "new/test.html")
            results_page.write([good()], 4.0, path=path)
            self.assertIn("7 passed", path.read_text())


if __name__ == "__main__":
    unittest.main()
