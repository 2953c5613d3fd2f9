#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a student's tree of a lab from the present sources: tools/lab/tree.py --lab NAME --dir DIR [--term N].

The tree has all sources except the solutions: the functions of the lab are stubs, and other labs, hidden steps, the
tables of wrong solutions and of planted bugs are left out. Objects of build/ that stay valid are copied with
their times, so that the first make of the student compiles the files with stubs only.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import stub as stubs
import table
import term as terms
from table import LabError

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = re.compile(r"\.(?:git|ci|github)(?:/|$)|tests/mutants/|labs/[^/]+/wrong\.toml$")
# The parts of build/ that a student's first make can use; the file of flags says whether they are valid.
KEPT = ("flags.txt", "version.txt", "pae", "nopae", "image", "highland.elf", "host/64")

# gcc has no single option for all of these.
UNUSED = ("function", "variable", "but-set-variable", "const-variable", "value", "label")
NO_ERRORS = " ".join(f"-Wno-error=unused-{name}" for name in UNUSED)

MARK = ".lab"  # the file that says which lab a tree is for


def sources(root):
    """The files of a tree, as git lists them or as they are there without git."""
    out = subprocess.run(["tools/files.sh", "*"], cwd=root, check=True, capture_output=True, text=True).stdout
    return [name for name in out.splitlines() if (root / name).is_file()]


def copy_files(names, root, target):
    """Copies files with their times, so that make sees which objects are still valid."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, target / name)


def copy_build(root, target):
    """Copies the objects; make in the copy finds out which of them are stale."""
    for name in KEPT:
        source, copy = root / "build" / name, target / "build" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy2(source, copy)


def _is_of_another_lab(name, lab):
    parts = name.split("/")
    return parts[0] == "labs" and len(parts) > 2 and parts[1] != lab.name


def without_hidden(text):
    """The text of a lab.toml without its hidden steps."""
    parts = re.split(r"(?m)^(?=\[\[)", text)
    return "".join(part for part in parts if not re.search(r"(?m)^hidden\s*=\s*true", part))


def write_stubs(lab, target):
    """Puts the stubs into the sources of a tree."""
    for stub in lab.stubs:
        path = target / stub.file
        path.write_text(stubs.apply(lab, stub, path.read_text()))


def write_build_file(lab, target, more=""):
    """Writes lab.mk, by which the build forgives unused names in the files of the lab; `more` are other options."""
    names = [name for name in lab.files if name.endswith(".c")]
    for path in sorted((target / "tests/host").glob("*.c")):  # a host test may include a file of the lab
        if any(f'#include "../../{name}"' in path.read_text() for name in lab.files):
            names.append(str(path.relative_to(target)))
    lines = [f"CFLAGS-{name} += {NO_ERRORS} {more}".rstrip() + "\n" for name in names]
    (target / "lab.mk").write_text(f"# Lab {lab.name}: names that nothing uses yet are no errors in these files.\n"
                                   + "".join(lines))


def write_term(term, target):
    """Writes term.mk, which sets the sizes that differ from term to term."""
    if term is not None:
        (target / "term.mk").write_text(terms.makefile(term))


def check_target(target, root):
    """Stops before anything is made if a tree cannot be made there."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise LabError(f"DIR={target}: it exists and is not an empty folder,\n  expected a new or an empty one")
    if target.resolve().is_relative_to(root.resolve()):
        raise LabError(f"DIR={target}: it is inside of this tree, expected a folder elsewhere")


def make(lab, target, term=None, root=ROOT, build=True):
    """Makes the tree of a lab in an empty or new folder. If that fails, the folder is left empty or is removed."""
    check_target(target, root)
    existed = target.exists()
    try:
        _make(lab, target, term, root, build)
    except BaseException:
        for path in list(target.iterdir()) if existed else [target] if target.exists() else []:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        raise


def _make(lab, target, term, root, build):
    names = [name for name in sources(root) if not LEFT_OUT.match(name) and not _is_of_another_lab(name, lab)]
    missing = sorted({stub.file for stub in lab.stubs} - set(names))
    if missing:
        raise LabError(f"labs/{lab.name}/lab.toml: there is no file {missing[0]}")
    copy_files(names, root, target)
    page = target / "labs" / lab.name / "lab.toml"
    page.write_text(without_hidden(page.read_text()))
    if build and term is None:
        copy_build(root, target)  # a term changes all objects
    write_term(term, target)
    write_stubs(lab, target)
    write_build_file(lab, target)
    (target / MARK).write_text(f"lab={lab.name}\n" + (f"term={term}\n" if term is not None else ""))


def mark(root=Path(".")):
    """The fields of .lab as a dictionary, which is empty in the project's own tree."""
    path = Path(root) / MARK
    if not path.exists():
        return {}
    return dict(re.findall(r"^(\w+)=(.*)$", path.read_text(errors="replace"), re.M))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lab", required=True, metavar="NAME")
    parser.add_argument("--dir", required=True, type=Path, metavar="DIR", help="the folder of the tree, new or empty")
    parser.add_argument("--term", type=int, metavar="N", help="a number that varies the constants of the kernel")
    args = parser.parse_args()
    try:
        lab = table.load(args.lab, ROOT)
        make(lab, args.dir, args.term)
    except LabError as error:
        print(f"make lab: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"make lab: DIR={args.dir}: {error.strerror}, expected a folder that can be made", file=sys.stderr)
        return 2
    public = [step for step in lab.steps if not step.hidden]
    print(f"Lab {lab.number}, {lab.title}: {args.dir}")
    print(f"  {len(lab.stubs)} functions to write in {' '.join(lab.files)}; {len(public)} steps")
    print(f"  Read labs/{lab.name}/README.md there, then: make grade")
    return 0


if __name__ == "__main__":
    sys.exit(main())
