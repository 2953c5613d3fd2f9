#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a root of Debian's programs for i386: build/root, which fits on a disk, or in part into an archive.

    tools/debian_root.py FOLDER

The packages are fetched and checked by tools/debian.py: busybox, linked statically, the coreutils with their
libraries, and memtester. Nothing is installed, so no script of a package runs. Manuals, translations and
conversions of character sets are left out. Busybox gets a link for each program that no other
package has.
"""

import shutil
import sys
from pathlib import Path

import debian

PACKAGES = ("busybox-static", "coreutils", "memtester", "libc6", "libselinux1", "libpcre2-8-0", "libattr1", "libacl1",
            "libgmp10")
USELESS = ("usr/share", "usr/lib/i386-linux-gnu/gconv", "usr/lib/i386-linux-gnu/audit")
FOLDERS = ("dev", "etc", "home", "mnt", "proc", "root", "sys", "tmp", "var")
APPLETS = """awk bunzip2 bzip2 clear cmp cpio diff dmesg du egrep fgrep find free grep gunzip gzip head hexdump hostname
kill less losetup lsmod mknod more mount nslookup ping poweroff ps reboot sed sh strings sysctl tail tar time top tr
umount uptime vi watch wget which xargs xz zcat""".split()
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
}


def link_applets(root):
    """Links to busybox for what no package has."""
    for name in APPLETS:
        if not any((root / folder / name).exists() for folder in ("bin", "sbin", "usr/bin", "usr/sbin")):
            (root / "bin" / name).symlink_to("busybox")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = Path(sys.argv[1])
    shutil.rmtree(root, ignore_errors=True)
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    debian.unpack(root, PACKAGES)
    for folder in USELESS:
        shutil.rmtree(root / folder, ignore_errors=True)
    link_applets(root)
    for name, text in FILES.items():
        (root / name).write_text(text)


if __name__ == "__main__":
    main()
