# SPDX-License-Identifier: MIT
"""Which boots belong to `make test`: each capability once in each mode. The others are left to `make test-all`."""

import fnmatch

# Globs of names, one to a line. Together they take some minutes.
QUICK = (
    "pae-16M",
    "nopae-16M",
    "pae-1G",
    "nopae-1G",
    "pae-4G",
    "nopae-4G",
    "pae-split-1G",
    "highmem-512M",
    "486-64M",
    "qemu32-4G",
    "refused-nopae-1G",
    "smp2-pae-pc",
    "smp8-small",
    "smp4-nopae-q35",
    "debug-pae-smp1",
    "debug-nopae-smp4",
    "iso-mb2-pc",
    "iso-mb1-nopae-q35",
    "uefi-x64-mb2",
    "uefi-ia32-mb1-nopae",
    "map-pae-8M-and-2G-above-4G",
    "map-nopae-overlapping",
    "meminfo-*",
    "every-report",
    "module-*",
    "kmap-leak-*",
    "console-*",
    "bad-parameters",
    "unknown-command",
    "no-such-test",
    "too-little-memory",
    "clock-*",
    "crash-*",
    "ram-below-1M-*",
    "highmem-is-*",
    "ram-at-16T-*",
    "words-*",
    "small-*",
    "loader-entry-*",
    "loader-null",
    "loader-in-the-gap",
    "loader-does-not-fit",
    "loader-tags-cut",
    "ide-errors-*",
    "ide-dma-8G",
    "ide-486",
    "user-*-smp1",
    "user-shell-*",
    "disk-virtio-*-pae",
    "disk-virtio-*-nopae",
    "disk-virtio-*-smp4-8G",
    "disk-errors-*",
    "disk-many-*",
    "ext2-*-1k",
    "ext2-*-2k",
    "ext2-*-4k",
    "ext2-*-ide",
    "ext2-old",
    "ext2-damaged-0-*",
    "ext2-damaged-1-*",
    "ext2-storm-nopae-4k",
)
# Boots that need a build that `make test` does not make.
NOT_QUICK = (
    "crash-*-ubsan-*",
    "crash-unchecked-shift",
    "user-storms-*",
)


def _matches(name, globs):
    return any(fnmatch.fnmatch(name, glob) for glob in globs)


def is_quick(name):
    """Whether `make test` has the boot of this name."""
    return _matches(name, QUICK) and not _matches(name, NOT_QUICK)
