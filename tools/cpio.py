#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Packs folders into an archive of the format newc of cpio, which Highland and Linux unpack at boot.

    tools/cpio.py [--init PROGRAM] OUTPUT.cpio NAME=FOLDER...

Each folder becomes the folder NAME of the archive; the name "." puts its entries into the root. Besides
them, the archive has the folders /dev and /tmp and some devices. Two runs give identical bytes: entries
are sorted, and times and owners are 0.
"""

import argparse
import stat
from pathlib import Path

DEVICES = {"console": (0o600, 5, 1), "null": (0o666, 1, 3), "zero": (0o666, 1, 5), "tty": (0o666, 5, 0)}


class Archive:
    """The entries that were added so far."""

    def __init__(self):
        self._data = bytearray()
        self._count = 0
        self._folders = set()

    def add(self, name, mode, content=b"", device=(0, 0)):
        """An entry with all of its header: the magic number and thirteen numbers of eight digits."""
        self._count += 1
        encoded = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = (self._count, mode, 0, 0, links, 0, len(content), 0, 0, *device, len(encoded), 0)
        self._data += b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self._pad()
        self._data += content
        self._pad()

    def _pad(self):
        self._data += bytes(-len(self._data) % 4)

    def folder(self, name):
        """A folder, and those that it is in. Each appears once, and before its content."""
        if name in ("", ".") or name in self._folders:
            return
        self.folder(str(Path(name).parent))
        self._folders.add(name)
        self.add(name, stat.S_IFDIR | (0o1777 if name == "tmp" else 0o755))

    def tree(self, name, folder):
        """Everything below a folder of this machine. Symbolic links stay links."""
        self.folder(name)
        for path in sorted(folder.rglob("*")):
            inside = str(Path(name) / path.relative_to(folder))
            if path.is_symlink():
                self.add(inside, stat.S_IFLNK | 0o777, str(path.readlink()).encode())
            elif path.is_dir():
                self.folder(inside)
            else:
                rights = 0o755 if path.stat().st_mode & 0o100 else 0o644
                self.add(inside, stat.S_IFREG | rights, path.read_bytes())

    def bytes(self):
        """The archive with its end."""
        self.add("TRAILER!!!", 0)
        return bytes(self._data) + bytes(-len(self._data) % 512)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--init", metavar="PROGRAM", help="the target of a link /init, which Linux starts")
    parser.add_argument("trees", nargs="*", metavar="NAME=FOLDER")
    args = parser.parse_args()
    archive = Archive()
    for name in ("dev", "proc", "tmp"):
        archive.folder(name)
    for name, (rights, major, minor) in DEVICES.items():
        archive.add(f"dev/{name}", stat.S_IFCHR | rights, device=(major, minor))
    if args.init:
        archive.add("init", stat.S_IFLNK | 0o777, args.init.encode())
    for tree in args.trees:
        name, folder = tree.split("=", 1)
        archive.tree(name.lstrip("/"), Path(folder))
    args.output.write_bytes(archive.bytes())


if __name__ == "__main__":
    main()
