# SPDX-License-Identifier: MIT
"""The files that a check of text reads, and the form of its complaints."""

import subprocess
import sys
from pathlib import Path

GLOBS = ("*.c", "*.h", "*.asm", "*.ld", "*.py", "*.sh", "*.gdb", "*.mk", "*.js", "*.mjs", "Makefile", "*.md")


def check(tool, complaints, globs=GLOBS):
    """Prints the complaints about the files of the command line, or all of the tree; the exit status.

    complaints(path, text) gives pairs of a line number and what is wrong there.
    """
    files = sys.argv[1:] or subprocess.run(["tools/files.sh", *globs], check=True, capture_output=True,
                                           text=True).stdout.splitlines()
    found = [f"{name}:{line}: {what}" for name in files
             for line, what in complaints(Path(name), Path(name).read_text())]
    print(*found, f"{tool}: {len(found)} complaints, {len(files)} files", sep="\n")
    return 1 if found else 0
