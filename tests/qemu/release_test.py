#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a release twice, each time from nothing, and checks its files. The last line is 'N passed, N failed'.

The sums must be the same in both, and those of the files. The ISO image and the archive of the sources must boot
and build. A tree without git, and a version that CHANGELOG.md does not know, must be noticed.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BUILDS = [Path("build/release-test") / number for number in ("1", "2")]
VERSION = Path("VERSION").read_text().strip()
NAME = f"highland-{VERSION}"
QEMU = ["qemu-system-x86_64", "-accel", "tcg", "-display", "none", "-serial", "stdio", "-m", "512M"]
NEEDED = {"CHANGELOG.md", "LICENSE", "SHA256SUMS", f"{NAME}.elf", f"{NAME}-pae-symbols.elf",
          f"{NAME}-nopae-symbols.elf", f"{NAME}.iso", f"{NAME}-site.tar.gz"}


def run(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=900, check=False, **options)


def folder(build):
    return build / "release" / NAME


def made():
    """Complaints about making both."""
    for build in BUILDS:
        shutil.rmtree(build, ignore_errors=True)
        done = run(["make", "release", f"B={build}"])
        if done.returncode:
            yield done.stdout[-3000:]
            return
        missing = NEEDED - {path.name for path in folder(build).iterdir()}
        if missing:
            yield f"without {', '.join(sorted(missing))}"


def same():
    first, second = ((folder(build) / "SHA256SUMS").read_text().splitlines() for build in BUILDS)
    yield from (f"the second run differs in {line.split()[-1]}" for line in sorted(set(first) ^ set(second)))


def sums():
    done = run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder(BUILDS[0]))
    listed = {line.split()[1] for line in (folder(BUILDS[0]) / "SHA256SUMS").read_text().splitlines()}
    if done.returncode or listed != {path.name for path in folder(BUILDS[0]).iterdir()} - {"SHA256SUMS"}:
        yield done.stdout


def boots(*arguments):
    done = run(["timeout", "120", *QEMU, "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", *arguments])
    if f"Highland {VERSION}" not in done.stdout:
        yield f"status {done.returncode}, no line Highland {VERSION} in {done.stdout[-1000:]}"


def image():
    return boots("-kernel", folder(BUILDS[0]) / f"{NAME}.elf", "-append", "run=meminfo")


def stick():
    """The ISO image as the image of a stick; its menu waits some seconds, and then boots to the prompt."""
    done = run(["timeout", "40", *QEMU, "-snapshot", "-drive", f"file={folder(BUILDS[0]) / NAME}.iso,format=raw"])
    if f"Highland {VERSION}" not in done.stdout:
        yield f"no line Highland {VERSION} in {done.stdout[-1000:]}"


def archive():
    """The sources build in a tree without git, which can make a release, without the archive."""
    packed = folder(BUILDS[0]) / f"{NAME}.tar.gz"
    if not packed.exists():
        return
    with tempfile.TemporaryDirectory(prefix="highland-") as place:
        run(["tar", "-xzf", packed.resolve()], cwd=place)
        tree = Path(place, NAME)
        done = run(["make", "-s", "all"], cwd=tree)
        if done.returncode:
            yield done.stdout[-2000:]
            return
        if (tree / "build/version.txt").read_text().strip() != VERSION:
            yield "the version of a tree without git is " + (tree / "build/version.txt").read_text()
        for name in ("highland.iso", "site/index.html"):
            (tree / "build" / name).parent.mkdir(exist_ok=True)
            (tree / "build" / name).write_text("x")
        done = run(["tools/release.sh", "build"], cwd=tree, env={"PATH": "/usr/bin:/bin"})
        if done.returncode or "Left out: the archive of the sources" not in done.stdout:
            yield f"without git: status {done.returncode}: {done.stdout}"


def changes():
    known = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", Path("CHANGELOG.md").read_text(), re.M)
    if known[:1] != [VERSION]:
        yield f"CHANGELOG.md begins with {known[:1]}, and VERSION is {VERSION}"


def main():
    tests = [("made", made), ("the same twice", same), ("checksums", sums), ("image", image), ("stick", stick),
             ("archive", archive), ("changes", changes)]
    failed = 0
    for name, function in tests:
        complaints = list(function())
        failed += bool(complaints)
        print(f"FAILED  {name}" if complaints else f"ok      {name}", *complaints, sep="\n        ", flush=True)
        if complaints and function is made:
            failed += len(tests) - 1
            break
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
