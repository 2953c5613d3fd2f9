#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a student's tree with one planted bug: tools/lab/bug.py --seed N --kind fix|test --dir DIR [--term N].

The seed chooses a row of tests/mutants whose tests are short boots of one CPU. With kind fix the student repairs the
source. With kind test the tests that find the bug are removed, and the student writes one. The tree has a lab.toml,
so `make grade` works there as in other labs; neither that file nor .lab says which row it is.
"""

import argparse
import contextlib
import hashlib
import re
import sys
from pathlib import Path

import boots
import judge
import mutants
import report
import table
import tree
from table import LabError

NAME = "find-the-bug"
KINDS = ("fix", "test")
FOLDERS = ("mm/", "arch/i386/", "sched/", "thread/")  # what a student may change to repair a bug
STUDENT = "tests/kernel/student.c"  # the file of tests that a student writes
ROUNDS = 6  # boots after which all tests that fail must be known
ORDINARY = re.compile(r"(nopae|pae)-(\d+[MG]) (\S+)$")  # a boot of one CPU without options, with some tests

TEMPLATE = """\
/* SPDX-License-Identifier: MIT */
#include <tests/kernel/ktest.h>

/*
 * Your tests. This kernel has one bug, which no other test finds. A test here must fail with the
 * bug and pass without it, with and without PAE. It must leave the kernel as it found it: what it
 * allocates it frees. tests/kernel/ktest.h explains the macros; the suites beside this file are
 * examples. Begin like this, with any name, but always with the suite `student`:
 *
 *	KTEST(student, a_name_that_says_what_must_be_true)
 *	{
 *		EXPECT_EQ(1 + 1, 2);
 *	}
 */
"""


# --- choosing a bug ------------------------------------------------------------------------------------------


def places(mutant):
    """The ordinary boots that catch a bug, as boots of a step. They run the whole suites, too."""
    found = [ORDINARY.match(place) for place in mutant.caught]
    return [table.Boot(f"{place[3]},{place[3].partition('.')[0]}", mode=place[1], ram=place[2])
            for place in found if place]


def suited(kind, root=tree.ROOT):
    """The rows that a kind may use. A host test would still find a bug whose boots' tests are removed."""
    rows = [mutant for mutant in mutants.load(root / "tests/mutants")
            if mutant.file.startswith(FOLDERS) and mutant.file.endswith(".c") and places(mutant)]
    if kind == "test":
        rows = [mutant for mutant in rows if not any(place.startswith("host:") for place in mutant.caught)]
    return rows


def choose(seed, kind, root=tree.ROOT):
    """The row of a seed. A row that is added later changes the choice of few seeds."""
    rows = suited(kind, root)
    if not rows:
        raise LabError("tests/mutants has no planted bugs: expected the teacher's tree, not one that was handed out")
    return min(rows, key=lambda mutant: hashlib.sha256(f"{kind} {seed} {mutant.name}".encode()).digest())


def lab_of(mutant, kind, files):
    """The exercise as a lab, with the files that a student hands in."""
    if kind == "fix":
        steps = [table.Step("repair", 100, "The tests that fail pass, and their suites too.", boots=places(mutant))]
    else:
        steps = [table.Step("catch", 50, "A test of yours fails on the kernel with the bug."),
                 table.Step("right", 50, "All your tests pass on the right kernel.")]
    return table.Lab(NAME, "Find the bug", 9, files, [], steps)


def plant(mutant, folder):
    """Puts the bug into the sources of a folder."""
    path = folder / mutant.file
    path.write_text(mutant.planted(path.read_text()))


# --- the tree ------------------------------------------------------------------------------------------------


def _table(mutant, kind):
    """The text of lab.toml in a student's tree."""
    lines = ['title = "Find the bug"', "number = 9", "files = []", "[[step]]"]
    if kind == "fix":
        lines += ['name = "repair"', "points = 100", 'text = "The tests that fail pass, and their suites too."',
                  "boots = ["]
        lines += [f'  {{ tests = "{boot.tests}", mode = "{boot.mode}", ram = "{boot.ram}" }},'
                  for boot in places(mutant)] + ["]"]
    else:
        boot = places(mutant)[0]
        lines += ['name = "catch"', "points = 50", 'text = "A test of yours fails on the kernel with the bug."',
                  f'python = ["tools/lab/catch.py", "{boot.mode}", "{boot.ram}"]']
    return "\n".join(lines) + "\n"


def without_test(text, suite, name):
    """The text of a suite without one of its tests and the comment above it."""
    block = rf"(?:^/\*(?:(?!\*/)[\s\S])*\*/\n)?^KTEST\({suite},\s+{name}\)\n\{{\n[\s\S]*?^\}}\n\n?"
    return re.sub(block, "", text, flags=re.M)


def _remove(test, folder):
    """Removes a test; returns the name of its file."""
    suite, _, name = test.partition(".")
    for path in sorted((folder / "tests/kernel").glob("*.c")):
        text = path.read_text()
        rest = without_test(text, suite, name)
        if rest != text:
            path.write_text(rest)
            return str(path.relative_to(folder))
    raise LabError(f"{test}: no file of tests/kernel has this test")


def _failed(seen):
    """The tests of a boot that did not pass, with the one that ended it."""
    failed = {name for name, (word, _) in seen.results.items() if word == "not ok"}
    return failed | ({seen.running} if seen.stopped and seen.running else set())


def _remove_tests(mutant, folder):
    """Removes all tests that fail with the bug, in the boots of its row; returns the names of their files."""
    files = set()
    for boot in places(mutant):
        for machine in boot.machines():
            for _ in range(ROUNDS):
                judge.build([table.Step("all", 0, "", boots=[boot])])
                failed = _failed(boots.run(machine, ["*"], "lab-bug"))
                if not failed:
                    break
                files |= {_remove(test, folder) for test in failed}
                lines = [f"CFLAGS-{name} += {tree.NO_ERRORS}\n" for name in sorted(files)]
                (folder / "lab.mk").write_text("".join(lines))
            else:
                raise LabError(f"after {ROUNDS} boots tests still fail, expected none: choose another SEED")
    return sorted(files)


def write(mutant, kind, seed, folder, term=None, root=tree.ROOT):
    """Makes the tree of a bug without a boot, and with all tests."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LabError(f"DIR={folder}: it exists and is not an empty folder, expected a new or an empty one")
    names = [name for name in tree.sources(root)
             if not tree.LEFT_OUT.match(name) and not re.match(r"labs/[^/]+/", name)]
    tree.copy_files(names, root, folder)
    plant(mutant, folder)
    tree.write_term(term, folder)
    (folder / "labs" / NAME).mkdir(parents=True)
    (folder / "labs" / NAME / "lab.toml").write_text(_table(mutant, kind))
    if kind == "test":
        (folder / STUDENT).write_text(TEMPLATE)
    (folder / tree.MARK).write_text(f"lab={NAME}\nseed={seed}\nkind={kind}\n"
                                    + (f"term={term}\n" if term is not None else ""))


def _symptom(mutant, folder):
    """Shows the failing test of a tree. It builds the tree, so that no right object is left there."""
    lab = lab_of(mutant, "fix", [])
    graded = report.Graded(lab, judge.grade(lab.steps, 2), 0)
    if not graded.failed or graded.failed[0].reason[0] == judge.NO_BUILD:
        raise LabError(f"the tests in {folder} do not fail as expected: choose another SEED")
    report.show(graded, sys.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", required=True, type=int, metavar="N", help="a number that chooses the bug")
    parser.add_argument("--kind", choices=KINDS, default="fix", help="repair the source, or write a test")
    parser.add_argument("--dir", required=True, type=Path, metavar="DIR", help="the folder of the tree, new or empty")
    parser.add_argument("--term", type=int, metavar="N", help="a number that varies the constants of the kernel")
    args = parser.parse_args()
    folder = args.dir.resolve()
    try:
        mutant = choose(args.seed, args.kind)
        write(mutant, args.kind, args.seed, folder, args.term)
        if args.term is None:
            tree.copy_build(tree.ROOT, folder)
        with contextlib.chdir(folder):
            if args.kind == "fix":
                _symptom(mutant, folder)
            else:
                files = _remove_tests(mutant, folder)
                print("No test finds the bug of this tree. Tests that did are gone from:", *files, sep="\n  ")
    except (LabError, OSError, judge.BuildError, mutants.TableError) as error:
        print(f"make bug: {error}", file=sys.stderr)
        return 2
    print(f"{args.dir}: read labs/{NAME}.md there, then: make grade")
    return 0


if __name__ == "__main__":
    sys.exit(main())
