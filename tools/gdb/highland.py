# SPDX-License-Identifier: MIT
"""Highland's commands and printers for gdb: `source tools/gdb/highland.py`. See docs/debugging.md.

`make debug` sources this file. The commands need the symbols of the kernel that runs, which
tools/highland.gdb loads. gdb 12 or later must have been built with Python, as that of Debian is.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True  # the folder of the sources stays as it is

import address  # noqa: E402
import boot  # noqa: E402
import frames  # noqa: E402
import kernel  # noqa: E402
import mappings  # noqa: E402
import printers  # noqa: E402
import threads  # noqa: E402

kernel.Prefix()
for command in (address.Walk, address.Where, boot.Cmdline, boot.Dmesg, boot.E820, boot.Memblock, frames.Buddy,
                frames.Page, frames.Zones, mappings.Kmap, mappings.Vmalloc, threads.Slab, threads.Threads):
    command()
printers.register()
