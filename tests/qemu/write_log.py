# SPDX-License-Identifier: MIT
"""A log of all that was written to a disk, by QEMU's driver blklogwrites, and what a power cut leaves of it.

The format is that of Linux's dm-log-writes: a block with the number of entries, and then for each entry a
block that describes it, followed by the data. A disk may keep what it was given in a cache. A flush empties
the cache, and a power cut loses it, or parts of it.
"""

import random
import struct
from dataclasses import dataclass

MAGIC, VERSION = 0x6A736677736872, 1
SUPER = struct.Struct("<QQQI")
ENTRY = struct.Struct("<QQQQ")
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8


@dataclass
class Entry:
    """A request that the disk got: data at a byte, or a flush, or both."""

    offset: int
    data: bytes
    flags: int

    @property
    def is_flush(self):
        return bool(self.flags & FLUSH)


class WriteLog:
    """A log that perhaps still grows."""

    def __init__(self, path):
        self.path = path

    def _super(self, file):
        magic, version, count, sector = SUPER.unpack(file.read(SUPER.size))
        if (magic, version) != (MAGIC, VERSION):
            raise ValueError(f"{self.path}: magic number {magic:#x}, version {version}: this is not a log")
        return count, sector

    def count(self):
        """The number of entries so far."""
        with open(self.path, "rb") as file:
            return self._super(file)[0]

    def entries(self):
        """All entries, in the order in which the disk got them."""
        found = []
        with open(self.path, "rb") as file:
            count, sector = self._super(file)
            at = sector
            for _ in range(count):
                file.seek(at)
                first, number, flags, _ = ENTRY.unpack(file.read(ENTRY.size))
                at += sector
                data = b""
                if number and not flags & DISCARD:
                    file.seek(at)
                    data = file.read(number * sector)
                    at += number * sector
                found.append(Entry(first * sector, data, flags))
        return found


class Disk:
    """A disk that is given the entries of a log, one after the other."""

    SECTOR = 512

    def __init__(self, image):
        self.safe = bytearray(image)  # what a power cut cannot take
        self.cached = []  # offset and data, in order
        self.writes = self.flushes = 0

    def take(self, entry):
        """The next entry. A write with FUA is safe at once; a flush makes the earlier ones safe."""
        if entry.is_flush:
            self.flushes += 1
            for offset, data in self.cached:
                self.safe[offset:offset + len(data)] = data
            self.cached = []
        if entry.data:
            self.writes += 1
            if entry.flags & FUA:
                self.safe[entry.offset:entry.offset + len(entry.data)] = entry.data
            else:
                self.cached.append((entry.offset, entry.data))

    def after_cut(self, chance, rng=random, torn=False):
        """The contents after a power cut: each write in the cache, or if torn each sector, is kept by chance."""
        image = bytearray(self.safe)
        for offset, data in self.cached:
            step = self.SECTOR if torn else len(data)
            for at in range(0, len(data), step):
                if rng.random() < chance:
                    part = data[at:at + step]
                    image[offset + at:offset + at + len(part)] = part
        return image

    def everything(self):
        return self.after_cut(1.0)
