#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the extent of the kernel file, and the complaints of the build: about a kernel file that is too large,
and about a linker set that linker.ld does not name.

The last line is 'N passed, N failed'.
"""

import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

IMAGE = Path("build/highland.elf")
KERNELS = [Path(f"build/{mode}/kernel.elf") for mode in ("nopae", "pae")]
# The linker of the cross compiler that the build would choose, too, or else the machine's own.
LD = shutil.which("i686-elf-ld") or shutil.which("i686-linux-gnu-ld") or "ld"


def segments(path):
    """(physical address, bytes in the file, bytes in memory) of each segment that is loaded."""
    data = path.read_bytes()
    offset = struct.unpack_from("<I", data, 28)[0]
    size, count = struct.unpack_from("<HH", data, 42)
    headers = [struct.unpack_from("<8I", data, offset + i * size) for i in range(count)]
    return [(paddr, filesz, memsz) for kind, _, _, paddr, filesz, memsz, *_ in headers if kind == 1]


def end_of(path):
    return max(paddr + memsz for paddr, _, memsz in segments(path))


def judged(limit):
    """Exit status and complaint of the build's check with this limit."""
    command = ["tools/image-size.sh", str(IMAGE), f"{limit:#x}", *map(str, KERNELS)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.returncode, done.stderr


def check_kernels_lie_inside():
    """A loader must keep all memory free that a kernel takes once it has been moved."""
    start, _, size = segments(IMAGE)[1]
    for kernel in KERNELS:
        first = min(paddr for paddr, _, _ in segments(kernel))
        if first != start or end_of(kernel) > start + size:
            return (f"{kernel} is at {first:#x}-{end_of(kernel):#x}, "
                    f"the image keeps {start:#x}-{start + size:#x}")
    return None


def check_one_byte_too_many():
    end = end_of(IMAGE)
    status, text = judged(end - 1)
    wanted = [f"the image ends at {end:#x} ({(end + 1023) // 1024} KiB)",
              f"expected at most {end - 1:#x}", "build/nopae/kernel.elf takes ",
              "build/pae/kernel.elf takes "]
    missing = [words for words in wanted if words not in text]
    return f"status {status}, without {missing}: {text}" if status == 0 or missing else None


def check_the_last_byte_fits():
    status, text = judged(end_of(IMAGE))
    return f"status {status}: {text}" if status or text else None


def orphans(kernel):
    """Exit status and complaint of the build's check of the sections of this kernel."""
    done = subprocess.run(["tools/orphans.sh", str(kernel)], check=False, capture_output=True, text=True)
    return done.returncode, done.stderr


def check_each_section_is_named():
    results = [orphans(kernel) for kernel in KERNELS]
    return None if results == [(0, "")] * len(KERNELS) else f"complaints about good kernels: {results}"


def check_a_new_linker_set():
    """A kernel of one file that has a record of a set that linker.ld does not name, without and with a rank."""
    name = "greetings_of_each_layer"
    for section, records in ((name, name), (f"{name}_500", f"SORT_BY_NAME({name}_*)")):
        with tempfile.TemporaryDirectory() as folder:
            source, made, kernel = (Path(folder, f"a.{ending}") for ending in ("asm", "o", "elf"))
            source.write_text(f"global kernel_entry\nsection .entry\nkernel_entry: ret\n"
                              f"section {section} progbits alloc noexec nowrite align=4\ndd kernel_entry\n")
            subprocess.run(["nasm", "-f", "elf32", "-o", made, source], check=True)
            subprocess.run([LD, "-m", "elf_i386", "--defsym=PAGE_OFFSET=0xC0000000",
                            "--defsym=KERNEL_PHYS=0x130000", "-T", "linker.ld", "-o", kernel, made], check=True)
            status, text = orphans(kernel)
        wanted = [f'"{section}"', f"__start_{name} = .;", f"KEEP(*({records}))", f"__stop_{name} = .;"]
        missing = [words for words in wanted if words not in text]
        if status != 1 or missing:
            return f"status {status}, without {missing}: {text}"
    return None


def main():
    checks = (check_kernels_lie_inside, check_one_byte_too_many, check_the_last_byte_fits,
              check_each_section_is_named, check_a_new_linker_set)
    complaints = [complaint for complaint in (check() for check in checks) if complaint]
    for complaint in complaints:
        print(f"FAILED  {complaint}")
    print(f"{len(checks) - len(complaints)} passed, {len(complaints)} failed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
