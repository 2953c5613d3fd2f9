#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the trees with a planted bug (tools/lab/bug.py, labs/find-the-bug.md), without a boot."""

import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(TOP / "tools/lab")]

# pylint: disable=wrong-import-position
import bug  # noqa: E402
import bug_grade  # noqa: E402
import table  # noqa: E402
import trusted  # noqa: E402


class Choice(unittest.TestCase):
    """The bug of a seed."""

    def test_enough_rows_and_all_apply(self):
        for kind in bug.KINDS:
            rows = bug.suited(kind)
            self.assertGreaterEqual(len(rows), 20)
            for mutant in rows:
                text = (TOP / mutant.file).read_text()
                self.assertNotEqual(mutant.planted(text), text)

    def test_a_seed_is_stable_when_others_vanish(self):
        for kind in bug.KINDS:
            chosen = [bug.choose(seed, kind).name for seed in range(40)]
            self.assertEqual(chosen, [bug.choose(seed, kind).name for seed in range(40)])
            self.assertGreater(len(set(chosen)), 20)

    def test_no_table(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(table.LabError, "the teacher's tree"):
            bug.choose(1, "fix", Path(folder))


class Trees(unittest.TestCase):
    """A tree that is handed out."""

    def test_nothing_names_the_bug(self):
        for kind in bug.KINDS:
            mutant = bug.choose(3, kind)
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                bug.write(mutant, kind, 3, folder)
                self.assertFalse((folder / "tests/mutants").exists())
                self.assertEqual((folder / ".lab").read_text(), f"lab=find-the-bug\nseed=3\nkind={kind}\n")
                self.assertEqual((folder / mutant.file).read_text(), mutant.planted((TOP / mutant.file).read_text()))
                for path in folder.rglob("*"):
                    if path.is_file():
                        self.assertNotIn(mutant.name.encode(), path.read_bytes(), path)
                self.assertTrue(table.load(bug.NAME, folder).steps)

    def test_a_test_is_removed_whole(self):
        text = "int a;\n\n/* Says why. */\nKTEST(s, one)\n{\n\tif (a) {\n\t}\n}\n\nKTEST(s, one_more)\n{\n}\n"
        self.assertEqual(bug.without_test(text, "s", "one"), "int a;\n\nKTEST(s, one_more)\n{\n}\n")


class Changes(unittest.TestCase):
    """The files of a student that count as a repair."""

    def test_only_sources_of_the_kernel(self):
        mutant = bug.choose(3, "fix")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.assertEqual(bug_grade.changed(mutant, TOP, folder), {})
            for file in (mutant.file, "tests/kernel/zones.c", "lib/string.c"):
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_text("int changed;\n")
            self.assertEqual(bug_grade.changed(mutant, TOP, folder), {mutant.file: b"int changed;\n"})
            (folder / mutant.file).unlink()
            (folder / mutant.file).symlink_to("/etc/hostname")
            with self.assertRaisesRegex(trusted.Refused, "symbolic link"):
                bug_grade.changed(mutant, TOP, folder)


if __name__ == "__main__":
    unittest.main()
