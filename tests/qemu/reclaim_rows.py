# SPDX-License-Identifier: MIT
"""Boots where memory is short: programs that have twice the memory there is, and know each byte of it."""

from boot import LOGS
from boot_row import Row
from swap_rows import ARCHIVE, MIB, make_area


class _Disk:
    """A swap area, on a virtio disk or behind IDE."""

    def __init__(self, name, size, ide, also):
        self._path, self._size, self._ide, self._also = LOGS / f"{name}-swap.img", size, ide, also

    def extra(self):
        device = "ide-hd,bus=ide.0,drive=s" if self._ide else "virtio-blk-pci,drive=s"
        return ["-initrd", ARCHIVE, "-blockdev",
                f"node-name=s,driver=raw,file.driver=file,file.filename={self._path}", "-device", device]

    def make(self):
        make_area(self._path, self._size)

    def check(self, text):
        self._path.unlink()
        return self._also(text) if self._also else None


def row(name, memory, mode, programs, expect, swap=256 * MIB, ide=False, also=None, timeout=300, **settings):
    """A boot with a swap area that runs programs. `also` checks the text."""
    disk = _Disk(name, swap, ide, also)
    run = ";".join(f"exec {program}" for program in [f"/bin/swapon /dev/{'hda' if ide else 'vda'}", *programs])
    return Row(name, memory, f'{mode} run="{run};vmcheck"'.strip(), extra=disk.extra(), prepare=disk.make,
               check=disk.check, ktap=False, expect=expect, timeout=timeout, **settings)


def _reclaim():
    ok = ["^VERIFY ok$", "^pswpout [1-9]"]
    for name, mode in (("pae", ""), ("nopae", "nopae")):
        yield row(f"reclaim-twofold-{name}", "48M", mode,
                  ["/tests/verify 2 40 1 seq", "/tests/verify 2 40 2 rand", "/bin/cat /proc/vmstat"], ok, smp=2)


def _cpus():
    """More CPUs than the host may have. A lock that goes round among all of them would take minutes."""
    ok = ["^PRESSURE end wrong=0$", "^pswpin [1-9]", r"^\d+ families, 0 mistakes$"]
    for name, mode in (("pae", ""), ("nopae", "nopae")):
        for ide in (False, True):
            yield row(f"reclaim-cpus-{name}{'-ide' if ide else ''}", "128M", mode,
                      ["/tests/pressure 3 60 2 rand", "/bin/cat /proc/vmstat"], ok, ide=ide, smp=4)


def _checked():
    """Checked builds, and more memory than most rows have."""
    ok = ["^VERIFY ok$", "^pswpout [1-9]", r"^\d+ families, 0 mistakes$"]
    for name, mode in (("pae", ""), ("nopae", "nopae")):
        for smp in (1, 2, 4):
            yield row(f"reclaim-debug-{name}-smp{smp}", "64M", mode,
                      ["/tests/verify 2 40 2 rand", "/bin/cat /proc/vmstat"], ok, smp=smp, build="debug",
                      **({"tier": "long"} if smp == 2 else {}))
        yield row(f"reclaim-large-{name}", "1G", mode,
                  ["/tests/verify 4 480 2 seq", "/tests/verify 4 480 2 rand", "/bin/cat /proc/vmstat"], ok,
                  swap=2048 * MIB, smp=4, timeout=900, tier="long")


PARTS = (_reclaim, _cpus, _checked)
