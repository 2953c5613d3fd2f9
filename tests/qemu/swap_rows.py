# SPDX-License-Identifier: MIT
"""Boots with swap: areas that Linux's mkswap has made, and one that Linux's swaplabel has to understand."""

import os
import shutil
import struct
import subprocess

from boot import LOGS
from boot_row import Row

ARCHIVE = "build/initrd.cpio"
TOOLS = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
KIB, MIB = 1 << 10, 1 << 20
PAGE = 4096


def run_tool(*command):
    done = subprocess.run(command, env=TOOLS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}"
    return done.stdout


def make_area(path, size):
    """An image that is a swap area."""
    path.unlink(missing_ok=True)
    with open(path, "wb") as image:
        image.truncate(size)
    path.chmod(0o600)
    run_tool("mkswap", str(path))


def _header(version=1, last_page=1000, bad=(), magic=b"SWAPSPACE2", nr_bad=None):
    page = bytearray(PAGE)
    struct.pack_into("<III", page, 1024, version, last_page, len(bad) if nr_bad is None else nr_bad)
    struct.pack_into(f"<{len(bad)}I", page, 1536, *bad)
    page[-10:] = magic
    return bytes(page)


# Headers of an area of 4 MiB, and what has to be said about them. The last one is good.
HEADERS = ((_header(magic=b"SWAP-SPACE"), "no header of mkswap with pages of (4096)"),
           (_header(version=2), "version is not 1 (2)"),
           (_header(last_page=0), "no page behind the header (0)"),
           (_header(last_page=1024), "the last page of the header is behind the end (1024)"),
           (_header(nr_bad=638), "too many bad pages (638)"),
           (_header(bad=(7, 1001)), "a bad page is not in the area (1001)"),
           (_header(last_page=2, bad=(1, 2)), "no page can be used, bad ones (2)"),
           (_header(bad=(7, 9, 500)), None))

SCRIPT = """\
cd /mnt
swapon -p 7 /dev/vdb && swapon -p 7 /mnt/file && swapon
swapon /dev/vdb || echo twice: refused
swapon holes || echo holes: refused
swapon /etc/passwd || echo memory: refused
swapon /dev/vda || echo mounted: refused
mount /dev/vdb /mnt || echo mount: refused
echo more >>file || echo write: refused
umount /mnt || echo umount: refused
swapoff /dev/vdb && swapoff file && swapon && rm file
/tests/memory /dev/vdb
swapon -p 3 /dev/vdb
%s
mkswap -L made /dev/vdc && swapon /dev/vdc && swapon
swapon /dev/vdd1 && swapon /dev/vdd || echo disk of an area: refused
swapoff /dev/vdd1 && swapon /dev/vdd && swapon /dev/vdd1 || echo part of an area: refused
mount /dev/vdd2 /proc || echo mount a part: refused
swapoff /dev/vdd && mount /dev/vdd2 /proc && swapon /dev/vdd || echo disk of a mount: refused
swapon /dev/vdd1 && swapoff /dev/vdd1 && umount /proc && echo parts are independent
swapoff /dev/vdb && swapoff /dev/vdc && echo all areas were used
"""


def _make_parts(path):
    """A disk that is an area, with a partition that is one, too, and another one with a file system."""
    disk, table = bytearray(10 * MIB), bytearray(512)
    for i, kind in enumerate((0x82, 0x83)):
        struct.pack_into("<B3xB3xII", table, 446 + 16 * i, 0, kind, (1 + 5 * i) * MIB // 512, 4 * MIB // 512)
    table[510:] = b"\x55\xaa"
    disk[:PAGE] = disk[MIB:MIB + PAGE] = _header()
    disk[:512] = table
    path.unlink(missing_ok=True)
    run_tool("mke2fs", "-q", "-F", "-t", "ext2", str(path), "4M")
    disk[6 * MIB:] = path.read_bytes()
    path.write_bytes(disk)


class _Disks:
    """vda has a file system with a swap file and a script, vdb is an area, vdc is used as the guest wants, and vdd
    has partitions."""

    def __init__(self, name, block):
        self._block, self._root = block, LOGS / f"{name}.root"
        self._paths = [LOGS / f"{name}-{disk}.img" for disk in ("files", "area", "free", "parts")]

    def extra(self):
        words = ["-initrd", ARCHIVE]
        for i, path in enumerate(self._paths):
            words += ["-blockdev", f"node-name=d{i},driver=raw,file.driver=file,file.filename={path}",
                      "-device", f"virtio-blk-pci,drive=d{i}"]
        return words

    def make(self):
        files, area, free, parts = self._paths
        shutil.rmtree(self._root, ignore_errors=True)
        self._root.mkdir(parents=True)
        make_area(self._root / "file", 2 * MIB)
        with open(self._root / "file", "r+b") as image:  # without a hole
            for start, end in ((0, KIB), (KIB + 512, PAGE - 10), (PAGE, 2 * MIB)):
                image.seek(start)
                image.write(b"x" * (end - start))
        make_area(self._root / "holes", MIB)
        tries = []
        for i, (header, _) in enumerate(HEADERS):
            (self._root / f"header-{i}").write_bytes(header)
            tries.append(f"dd if=header-{i} of=/dev/vdc bs=4096\nswapon /dev/vdc || echo header {i}: refused")
        tries.append("swapon && swapoff /dev/vdc")
        (self._root / "script").write_text(SCRIPT % "\n".join(tries))
        files.unlink(missing_ok=True)
        run_tool("mke2fs", "-q", "-F", "-t", "ext2", "-b", self._block, "-d", str(self._root), str(files), "8M")
        shutil.rmtree(self._root)
        make_area(area, 16 * MIB)
        with open(free, "wb") as image:
            image.truncate(4 * MIB)
        _make_parts(parts)

    def check(self, _text):
        files, _area, free, _parts = self._paths
        with open(free, "rb") as image:
            page = image.read(PAGE)
        if page[1024:1036] != struct.pack("<III", 1, 4 * MIB // PAGE - 1, 0) or page[-10:] != b"SWAPSPACE2":
            return f"{free}: the header of mkswap is wrong"
        if "made" not in run_tool("swaplabel", str(free)):
            return f"{free}: swaplabel does not see the label"
        run_tool("e2fsck", "-fn", str(files))
        for path in self._paths:
            path.unlink()
        return None


def _line(name, kind, size, priority):
    return rf"^{name} +{kind}\t+{size}\t+0\t+{priority}$"


def _areas(name, memory, mode, block, **settings):
    disks = _Disks(name, block)
    run = "exec /bin/mkdir /mnt;exec /bin/mount /dev/vda /mnt;exec /bin/sh /mnt/script;exec /bin/umount /mnt"
    expect = [_line("/dev/vdb", "partition", 16380, 7), _line("/mnt/file", "file", r"\d+", 7),
              _line("/dev/vdb", "partition", 16380, 3), _line("/dev/vdc", "partition", 3988, -2),
              _line("/dev/vdc", "partition", 4092, -2), "^parts are independent$", "^all areas were used$"]
    expect += [f"^{what}: refused$" for what in ("twice", "holes", "memory", "mounted", "mount", "write", "umount",
                                               "disk of an area", "part of an area", "mount a part", "disk of a mount")]
    expect += ["^swapon of a mapped disk: ETXTBSY$", "^swapon of a free disk: 0$", "^open of swap: EBUSY$"]
    expect += [f"^header {i}: refused$" for i in range(len(HEADERS) - 1)]
    expect += [r"swapon: /dev/vdc: " + what.replace("(", r"\(").replace(")", r"\)") for _, what in HEADERS if what]
    return Row(name, memory, f'{mode} run="{run}"'.strip(), extra=disks.extra(), prepare=disks.make,
               check=disks.check, ktap=False, expect=expect, timeout=200, **settings)


# --- programs that need more memory than there is --------------------------------------------------------

# Programs swap while areas come and go. The memory that is left holds them for a moment.
LOAD = """\
swapon /mnt/file /dev/vdb
/tests/pressure 2 26 3 rand &
%s
wait
swapoff /dev/vdb && swapoff /mnt/file && echo all areas are off
""" % ("swapoff /dev/vdb ; swapon -p 5 /dev/vdb\nswapoff /mnt/file ; swapon -p 5 /mnt/file\n" * 4)
# Pages that do not fit into memory stay on the disk, and no program is ended for them.
FULL = """\
swapon /dev/vdb
/tests/pressure 2 26 4 seq &
dd if=/dev/zero of=/dev/null bs=65536 count=40000
swapoff /dev/vdb || echo the area stays
wait
"""
BAD = 4000  # a sector of the area that fails


class _Load:
    """vda has a file system with a swap file and a script, vdb is an area."""

    def __init__(self, name, script):
        self._root, self._script = LOGS / f"{name}.root", script
        self._files, self._area = LOGS / f"{name}-files.img", LOGS / f"{name}-area.img"

    def extra(self, device="virtio-blk-pci", over="driver=raw,file=f1"):
        files = f"node-name=d0,driver=raw,file.driver=file,file.filename={self._files}"
        area = f"node-name=f1,driver=file,filename={self._area}"
        return ["-initrd", ARCHIVE, "-blockdev", files, "-device", "virtio-blk-pci,drive=d0", "-blockdev", area,
                "-blockdev", f"node-name=d1,{over}", "-device", f"{device},drive=d1"]

    def make(self):
        shutil.rmtree(self._root, ignore_errors=True)
        self._root.mkdir(parents=True)
        (self._root / "script").write_text(self._script)
        with open(self._root / "file", "wb") as image:
            image.write(b"x" * 64 * MIB)
        run_tool("mkswap", str(self._root / "file"))
        with open(self._root / "file", "r+b") as image:
            for start, end in ((0, KIB), (KIB + 512, PAGE - 10)):
                image.seek(start)
                image.write(b"x" * (end - start))
        self._files.unlink(missing_ok=True)
        run_tool("mke2fs", "-q", "-F", "-t", "ext2", "-b", "1024", "-d", str(self._root), str(self._files), "80M")
        shutil.rmtree(self._root)
        make_area(self._area, 64 * MIB)

    def check(self, _text):
        run_tool("e2fsck", "-fn", str(self._files))
        self._files.unlink()
        self._area.unlink()
        return None


def _load(name, memory, mode, commands, expect, device="virtio-blk-pci", over="driver=raw,file=f1", script=LOAD,
          **settings):
    disks = _Load(name, script)
    return Row(name, memory, f'{mode} run="{";".join(commands)};vmcheck"'.strip(), extra=disks.extra(device, over),
               prepare=disks.make, check=disks.check, ktap=False, timeout=400, expect=[*expect, "families, 0 mistakes"],
               **settings)


def _error_at(op):
    return ("driver=blkdebug,image=f1,inject-error.0.event=none,inject-error.0.errno=5,"
            f"inject-error.0.iotype={op},inject-error.0.sector={BAD}")


def _loads():
    for smp, (mode, word), order in ((1, ("pae", ""), "seq"), (1, ("nopae", "nopae"), "rand"),
                                     (4, ("pae", ""), "rand"), (2, ("nopae", "nopae"), "seq")):
        for device, disk in (("virtio-blk-pci", "vdb"), ("ide-hd,bus=ide.0", "hda")):
            commands = [f"exec /bin/swapon /dev/{disk}", f"exec /tests/pressure 2 26 2 {order}", "vmcheck",
                        f"exec /bin/swapoff /dev/{disk}"]
            yield _load(f"swap-out-{mode}-{disk}-smp{smp}", "48M", word, commands,
                        [r"^PRESSURE pass=1 .* pswpin=[1-9]\d+ pswpout=[1-9]", "^PRESSURE end wrong=0"],
                        device=device, smp=smp)
    commands = ["exec /bin/mkdir /mnt", "exec /bin/mount /dev/vda /mnt", "exec /bin/sh /mnt/script",
                "exec /bin/umount /mnt"]
    for mode, word in (("pae", ""), ("nopae", "nopae")):
        yield _load(f"swap-off-{mode}", "48M", word, commands, ["^PRESSURE end wrong=0", "^all areas are off"], smp=2)
    yield _load("swap-off-full", "48M", "", commands,
                ["^the area stays", "^PRESSURE pass=3 .* oom_kill=0$", "^PRESSURE end wrong=0"], script=FULL, smp=2)
    # The owner of the page gets SIGBUS, and a page that could not be written stays in memory.
    commands = ["exec /bin/swapon /dev/vdb", "exec /tests/pressure 2 26 2 seq", "vmcheck", "exec /bin/swapoff /dev/vdb"]
    yield _load("swap-error-read", "48M", "", commands,
                [rf"swap: vdb, sector {BAD}: read error 5", "^PRESSURE a process died, status=7"],
                over=_error_at("read"))
    yield _load("swap-error-write", "48M", "nopae", commands, ["swap: vdb, sector .* write error 5",
                                                              "^PRESSURE end wrong=0"], over=_error_at("write"))


def _headers():
    yield _areas("swap-areas-pae", "512M", "", "1024", smp=2)
    yield _areas("swap-areas-nopae", "64M", "nopae", "4096")
    yield _areas("swap-areas-pae-debug", "1G", "", "4096", smp=4, build="debug")


PARTS = (_headers, _loads)
