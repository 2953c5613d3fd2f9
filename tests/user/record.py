#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the tests of ring 3 on Debian's kernel, and keeps what they print in tests/user/expected.

    tests/user/record.py BUILD [TEST...]

The kernel is linux-image-686-pae of Debian 12, booted in QEMU with an archive of the same programs, whose
/init is /bin/usertests. make user-record is the usual way to start this.
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, "tools")
import debian  # noqa: E402

EXPECTED = Path("tests/user/expected")
SECONDS = 240


def kernel():
    """Debian's kernel, fetched once."""
    root = Path("build/debian/linux")
    if not list(root.glob("boot/vmlinuz-*")):
        root.mkdir(parents=True, exist_ok=True)
        debian.unpack(root, ["linux-image-686-pae*"])
    return max(root.glob("boot/vmlinuz-*"))


def boot(build, tests):
    """The text that the console shows."""
    archive = Path(build) / "linux.cpio"
    subprocess.run(["tools/cpio.py", "--init", "/bin/usertests", archive, f"bin={build}/user/root/bin",
                    f"tests={build}/user/root/tests", "etc=user/files"], check=True)
    words = f"console=ttyS0 quiet loglevel=0 panic=-1 -- {' '.join(tests)}"
    command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "512M", "-display", "none", "-no-reboot",
               "-serial", "stdio", "-kernel", kernel(), "-initrd", archive, "-append", words]
    ended = subprocess.run(["timeout", "-k", "5", str(SECONDS), *command], stdin=subprocess.DEVNULL,
                           capture_output=True, check=False)
    return ended.stdout.decode(errors="replace").replace("\r", "")


def parts(text):
    """Name and lines of each test that has ended."""
    for match in re.finditer(r"^=== (\w+)\n(.*?^=== \1: .*?\n)", text, re.M | re.S):
        yield match[1], match[2]


def main():
    text = boot(sys.argv[1], sys.argv[2:])
    EXPECTED.mkdir(exist_ok=True)
    found = list(parts(text))
    for name, lines in found:
        (EXPECTED / f"{name}.txt").write_text(lines)
        print(f"{name}: {lines.count(chr(10))} lines")
    if "=== end" not in text:
        print(text[-3000:])
        sys.exit("record.py: the tests did not end")


if __name__ == "__main__":
    main()
