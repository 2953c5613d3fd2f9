# SPDX-License-Identifier: MIT
"""Grades files that a student handed in, inside of a copy of a tree that the teacher trusts.

The copy has the tests, tools, makefiles and linker scripts of the trusted tree, and its objects, so that make
compiles the handed-in files only. Of the student's folder nothing is read but the files that the lab names. They must
be ordinary files, and their objects must have the same kinds of contents as those of the reference: a record in
a linker set, for example, would be a test or a boot parameter of the student's own.
"""

import contextlib
import ctypes
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import judge
import tree
from table import LabError

LARGEST_FILE = 1 << 20  # bytes
KERNELS = ("pae", "nopae")
# Sections that a C file may have without the reference: code and data. Linker sets have names without a dot.
ORDINARY_SECTION = re.compile(r"\.(?!entry|symbols)")


class Refused(Exception):
    """A file that cannot be graded; the text says why."""


# --- handed-in files ---------------------------------------------------------------------------------------


def read_handed_in(folder, name):
    """The bytes of a handed-in file. No link is followed, neither of the file nor of a folder of its path."""
    path = Path(folder)
    for part in Path(name).parts:
        path = path / part
        try:
            mode = path.lstat().st_mode
        except OSError as error:
            raise Refused(f"{name}: {error.strerror}, expected the file in the folder") from error
        if stat.S_ISLNK(mode):
            raise Refused(f"{name}: {part} is a symbolic link, expected an ordinary file")
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a device or a pipe"
        raise Refused(f"{name}: it is {kind}, expected an ordinary file")
    if path.stat().st_size > LARGEST_FILE:
        raise Refused(f"{name}: {path.stat().st_size} bytes, expected at most {LARGEST_FILE}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refused(f"{name}: {error.strerror}, expected a file that can be read") from error
    if b"\0" in data:
        raise Refused(f"{name}: it has bytes of zero, expected a text")
    if name.endswith((".c", ".h")) and b"incbin" in data:
        raise Refused(f"{name}: it has the word incbin, by which an assembler copies another file")
    if name.endswith((".c", ".h")):
        for line in _odd_includes(data.decode(errors="replace")):
            raise Refused(f"{name}: {line!r}: expected #include of a header of the tree, and no #line")
    return data


# A message of the compiler could show a part of another file, so its name is looked at before compiling.
# It also shows lines of the file that #line names.
INCLUDE = re.compile(r"^\s*(?:#|%:|\?\?=)\s*(?:include\w*|import|embed|line|(?=\d))\b(.*)", re.M)
ORDINARY_INCLUDE = re.compile(r'\s*[<"](?!/|build/|labs/)[\w./-]+\.h[>"]\s*(?:/[*/].*)?$')


def _odd_includes(text):
    """The names in lines with #include, #embed or #line that are not those of headers below the tree."""
    text = re.sub(r"(?:\\|\?\?/)\r?\n", "", text)
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    for line in INCLUDE.findall(text):
        if ".." in line or not ORDINARY_INCLUDE.match(line):
            yield line.strip()


def _copy_into(folder, lab, copy):
    """Puts the handed-in files into the trusted copy."""
    contents = {name: read_handed_in(folder, name) for name in lab.files}
    for name, data in contents.items():
        (copy / name).write_bytes(data)


# --- their assembly ----------------------------------------------------------------------------------------

KEEP_ASSEMBLY = "-save-temps=obj"  # the compiler writes x.s beside x.o
# The assembler opens files by these, or makes words of parts by these, which could be the others.
OPENS_FILES = re.compile(r"\.(?:incbin|include|macro|irpc?|altmacro|mri)\b", re.I)


def check_assembly():
    """Refuses files whose assembly, in the current folder, could make the assembler read another file.

    An asm statement is a string, which the preprocessor can put together. So the compiler's output is looked at.
    """
    for path in sorted(Path("build").rglob("*.s")):
        if word := OPENS_FILES.search(path.read_text(errors="replace")):
            name = Path(*path.parts[path.parts.index("host") + 2:] if "host" in path.parts else path.parts[2:])
            raise Refused(f"{name.with_suffix('.c')}: an asm statement has {word[0]}, by which an assembler can copy "
                          "another file")


# --- their objects -----------------------------------------------------------------------------------------


def _sections(path):
    """The names of the sections of an object."""
    out = subprocess.run(["readelf", "-SW", path], check=True, capture_output=True, text=True,
                         errors="replace").stdout
    return set(re.findall(r"^ +\[ *\d+\] (\S+) ", out, re.M)) - {"NULL"}


def _foreign_includes(depends, headers):
    """The files that a source included from outside of the tree, by the list that the compiler wrote."""
    words = re.sub(r"^[^:]*:|\\\n", " ", depends.split("\n\n")[0]).split()
    for word in words:
        if word.endswith(":"):
            break
        outside = word.startswith("/") and not word.startswith(headers)
        if outside or ".." in Path(word).parts or word.startswith(("build/", "labs/")):
            yield word


def _symbols(path, *options):
    """The names of some of the symbols of an object."""
    out = subprocess.run(["nm", "-P", *options, path], check=True, capture_output=True, text=True,
                         errors="replace").stdout
    return {line.split()[0] for line in out.splitlines()}


def _symbols_of_tests(build):
    """All symbols of the tests, with their runner and its signatures, in the build folder of a kernel."""
    objects = (build / "tests").rglob("*.o")
    return set().union(*(_symbols(path, "--defined-only", "--extern-only") for path in objects))


def _check_object(name, kernel, refused, known):
    """Refuses the object of a file, in the current folder, for what it includes, uses or has.

    refused are symbols, and known are sections that are allowed beside those of code and data.
    """
    headers = re.search(r'-isystem "?([^" ]+)', Path("build/flags.txt").read_text())[1]  # the compiler's own
    path = Path("build", kernel, name).with_suffix(".o")
    for word in _foreign_includes(path.with_suffix(".d").read_text(), headers):
        raise Refused(f"{name}: it includes {word}, which is no header of the tree")
    for symbol in sorted(_symbols(path, "--undefined-only") & refused):
        raise Refused(f"{name}: it uses {symbol}, which belongs to the tests")
    for section in sorted(_sections(path) - known):
        if not ORDINARY_SECTION.match(section):
            raise Refused(f"{name}: its object has a section {section}, which the reference has not")


def check_objects(lab, root):
    """Refuses files whose objects have contents that those of the reference lack."""
    for name in lab.files:
        for kernel in KERNELS:
            path = Path("build", kernel, name).with_suffix(".o")
            if name.endswith(".c") and path.exists():
                _check_object(name, kernel, _symbols_of_tests(root / "build" / kernel), _sections(root / path))


# Headers whose functions a test may use. The runner of the tests signs results.
OFFERED = ("ktest.h", "step.h", "touch.h")
RUNNER = {"ktest_run_all"}


def check_tests(name, root):
    """Refuses a file of tests whose objects use more of the other tests than their headers offer."""
    texts = ((root / "tests/kernel" / header).read_text() for header in OFFERED)
    offered = set(re.findall(r"\w+", "\n".join(texts))) - RUNNER
    for kernel in KERNELS:
        _check_object(name, kernel, _symbols_of_tests(root / "build" / kernel) - offered, {"ktests"})


# --- their objects in host tests -----------------------------------------------------------------------------

# Calls that the compiler adds: of its sanitizers, and of arithmetic with 64 bits.
OF_COMPILER = re.compile(r"__asan_|__ubsan_handle_|__stack_chk_fail$|_GLOBAL_OFFSET_TABLE_$|__[a-z]+[sdt]i[0-9]$")
BEFORE_MAIN = re.compile(r"\.(?:preinit_array|init|ctors)")


def odd_host_symbol(defines, uses, kernel):
    """Why the symbols of an object of a host test are refused, or None.

    defines and uses are names that the object of the reference lacks. In the kernel the file can use only the
    kernel; in a host test it could also call the runner of the tests, or take the place of a function of libc.
    """
    libc = ctypes.CDLL(None)
    for name in sorted(uses - kernel):
        if not OF_COMPILER.match(name):
            return f"it uses {name} in a host test, which is no function or variable of the kernel"
    for name in sorted(defines):
        if (name.startswith("_") and not name.startswith("__odr_asan.")) or hasattr(libc, name):
            return f"it defines {name}, which belongs to the C library of the host tests"
    return None


def _runs_before_main(path):
    """The sections of an object whose code runs before main(), with their sizes."""
    out = subprocess.run(["readelf", "-SW", path], check=True, capture_output=True, text=True,
                         errors="replace").stdout
    rows = re.findall(r"^ +\[ *\d+\] (\S+) +\S+ +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) ", out, re.M)
    return {(name, size) for name, size in rows if BEFORE_MAIN.match(name)}


def check_host_objects(lab, root):
    """Refuses files that in a host test could judge themselves; the current folder has their objects."""
    for name in lab.files:
        mine = Path("build/host/64", name).with_suffix(".o")
        if not mine.exists():
            continue
        judge.make("-C", str(root), "build/pae/kernel.elf")
        judge.make("-C", str(root / "tests/host"), f"../../{mine}", "BITS=64")
        kernel = _symbols(root / "build/pae/kernel.elf", "--defined-only", "--extern-only")
        defines, uses = (_symbols(mine, option, "--extern-only") - _symbols(root / mine, option, "--extern-only")
                         for option in ("--defined-only", "--undefined-only"))
        if reason := odd_host_symbol(defines, uses, kernel):
            raise Refused(f"{name}: {reason}")
        for section, _ in sorted(_runs_before_main(mine) - _runs_before_main(root / mine)):
            raise Refused(f"{name}: its section {section} has code that runs before the host tests")


# --- grading -----------------------------------------------------------------------------------------------


def _remove_solution(lab, build):
    """Removes what was compiled from the reference, which a student's file could copy into its object."""
    for name in lab.files:
        for path in build.glob(f"*/{Path(name).with_suffix('.[ois]')}"):
            path.unlink()
    for path in (*build.glob("*.elf"), *build.glob("*/*.elf"), *build.glob("*/*.bin")):
        path.unlink()
    shutil.rmtree(build / "host", ignore_errors=True)


@contextlib.contextmanager
def copy_of(root, lab):
    """A fresh copy of a trusted tree, which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="highland-lab-") as folder:
        copy = Path(folder)
        tree.copy_files([name for name in tree.sources(root) if not tree.LEFT_OUT.match(name)], root, copy)
        tree.copy_build(root, copy)
        _remove_solution(lab, copy / "build")
        tree.write_build_file(lab, copy, KEEP_ASSEMBLY)
        yield copy


@contextlib.contextmanager
def base_of(root, lab, steps, term):
    """A tree whose objects are up to date, from which all other copies are made: the root itself, or one of a term."""
    with contextlib.ExitStack() as stack:
        base = root
        if term is not None:
            base = stack.enter_context(copy_of(root, lab))
            tree.write_term(term, base)
        stack.enter_context(contextlib.chdir(base))
        try:
            judge.build(steps)
        except judge.BuildError as error:
            raise LabError(f"{root}: the trusted tree does not compile:\n{error}") from error
        yield base


def _check(lab, root):
    check_objects(lab, root)
    check_host_objects(lab, root)
    check_assembly()


def grade(lab, steps, root, put, jobs):
    """The verdicts of steps in a copy of a tree; put(copy) changes its sources."""
    try:
        with copy_of(root, lab) as copy, contextlib.chdir(copy):
            put(copy)
            verdicts = judge.grade(steps, jobs, check=lambda: _check(lab, root))
            if any(verdict.reason[:1] == [judge.NO_BUILD] for verdict in verdicts):
                check_assembly()  # the complaint of an assembler shows lines of what it read
            return verdicts
    except (Refused, OSError) as error:
        return [judge.Verdict(step, False, [judge.REFUSED, str(error)]) for step in steps]


def grade_folder(lab, steps, root, folder, jobs):
    """The verdicts of the files that a student handed in, which are in a folder."""
    return grade(lab, steps, root, lambda copy: _copy_into(folder, lab, copy), jobs)
