# SPDX-License-Identifier: MIT
"""Boots with ext2 on a disk: programs change it, then e2fsck judges it and debugfs shows what is in it."""

import os
import random
import shutil
import subprocess

import user_rows
from boot import LOGS
from boot_row import Row, all_of

ARCHIVE = "build/initrd.cpio"
E2FSPROGS = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
KIB = 1024
DAMAGED = 10  # damaged disks of a boot

# The guest's commands; _Tree.after() is the same in Python.
SCRIPT = """\
cd /mnt
ls -l tree
cp -r tree copy && cp -r tree gone && rm -r gone
dd if=tree/large of=part bs=3000 count=40 skip=2
dd if=tree/small of=sparse bs=1k seek=5000 count=1
dd if=tree/large of=tree/over bs=512 seek=3 count=5 conv=notrunc
mv copy/deep/er/file moved
mv copy/deep copy/other
mv tree/small tree/replaced
ln moved hard
ln -s tree/replaced soft
mkdir many many/two && rm -r many/two
cat soft >>copy/small
cp tree/large fill && rm fill
cmp tree/large copy/large && sync && echo all was done
"""


def _run(*command):
    return subprocess.run(command, env=E2FSPROGS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)


def _bytes(seed, number):
    return random.Random(seed).randbytes(number)


class _Tree:
    """The files on the disk before the guest changes them, and those that it should leave."""

    def __init__(self):
        self.files = {"tree/large": _bytes(1, 700 * KIB + 77), "tree/small": _bytes(2, 1500), "tree/empty": b"",
                      "tree/over": _bytes(3, 9000), "tree/replaced": _bytes(4, 20000),
                      "tree/deep/er/file": _bytes(5, 5000), "script": SCRIPT.encode()}
        self.files.update({f"tree/deep/name-{i}": _bytes(i, i * 37) for i in range(100)})

    def write(self, root):
        for name, data in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def after(self):
        files = dict(self.files)
        files.update({f"copy/{name[5:]}": data for name, data in self.files.items() if name.startswith("tree/")})
        large, small = files["tree/large"], files["tree/small"]
        files["part"] = large[6000:6000 + 40 * 3000]
        files["sparse"] = bytes(5000 * KIB) + small[:KIB]
        over = bytearray(files["tree/over"])
        over[1536:1536 + 2560] = large[:2560]
        files["tree/over"] = bytes(over)
        files["moved"] = files["hard"] = files.pop("copy/deep/er/file")
        for name in [name for name in files if name.startswith("copy/deep/")]:
            files["copy/other/" + name[10:]] = files.pop(name)
        files["tree/replaced"] = files.pop("tree/small")
        files["copy/small"] += small
        return files


class _Disk:
    """An image with the files of _Tree, and what has to be true of it after the boot."""

    def __init__(self, name, options):
        self.path, self._options, self._tree = LOGS / f"{name}.img", options, _Tree()

    def make(self):
        folder = self.path.with_suffix(".files")
        shutil.rmtree(folder, ignore_errors=True)
        self._tree.write(folder)
        self.path.unlink(missing_ok=True)
        made = _run("mke2fs", "-q", "-F", "-t", "ext2", *self._options, "-d", folder, self.path, "16M")
        shutil.rmtree(folder)
        assert made.returncode == 0, made.stdout

    def check(self, _text):
        complaint = self._judge()
        if not complaint:
            self.path.unlink()
        return complaint

    def _judge(self):
        judged = _run("e2fsck", "-fn", self.path)
        if judged.returncode:
            return f"e2fsck -fn {self.path}:\n{judged.stdout}"
        state = _run("dumpe2fs", "-h", self.path).stdout
        if "Filesystem state:         clean\n" not in state:
            return f"{self.path} is not marked as clean"
        folder = self.path.with_suffix(".files")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        _run("debugfs", "-R", f"rdump / {folder}", self.path)
        found = {str(path.relative_to(folder)): path for path in folder.rglob("*")
                 if path.is_file() and not path.is_symlink()}
        wanted = self._tree.after()
        wrong = [f"{name} is missing" for name in sorted(wanted.keys() - found.keys())]
        wrong += [f"{name} should not exist" for name in sorted(found.keys() - wanted.keys())]
        wrong += [f"{name} has wrong contents" for name in sorted(wanted.keys() & found.keys())
                  if found[name].read_bytes() != wanted[name]]
        soft = folder / "soft"
        if not soft.is_symlink() or os.readlink(soft) != "tree/replaced":
            wrong.append("soft is no link to tree/replaced")
        if not (folder / "many").is_dir() or (folder / "gone").exists():
            wrong.append("the directory many is missing, or gone is there")
        shutil.rmtree(folder)
        return f"{self.path}: {'; '.join(wrong[:8])}" if wrong else None


VIRTIO = ("virtio-blk-pci", "vda")
IDE = ("ide-hd,bus=ide.0", "hda")


def _row(name, memory, mode, options, device=VIRTIO, **settings):
    disk = _Disk(name, options)
    commands = ["mkdir /mnt", f"mount -t ext2 /dev/{device[1]} /mnt", "sh /mnt/script", "df", "umount /mnt"]
    cmdline = f'{mode} run="{";".join(f"exec /bin/{command}" for command in commands)}"'.strip()
    extra = ["-initrd", ARCHIVE, "-blockdev", f"node-name=disk,driver=raw,file.driver=file,file.filename={disk.path}",
             "-device", f"{device[0]},drive=disk"]
    settings.setdefault("timeout", 200)
    return Row(name, memory, cmdline, extra=extra, prepare=disk.make, check=disk.check, ktap=False,
               expect=["^all was done", r"^d\S+ +\d+ +[1-9]\d+ deep$", r"^ +\d+ +\d+ +\d+  /mnt$"], **settings)


def _ext2():
    for mode, word in (("pae", ""), ("nopae", "nopae")):
        yield _row(f"ext2-{mode}-1k", "512M", word, ["-b", "1024", "-I", "128"])
        yield _row(f"ext2-{mode}-2k", "4G", word, ["-b", "2048", "-g", "2048"], smp=4, sparse=True)
        yield _row(f"ext2-{mode}-4k", "64M", word, ["-b", "4096", "-I", "256"], smp=2)
        yield _row(f"ext2-{mode}-ide", "512M", word, ["-b", "1024", "-g", "1024"], IDE, smp=2)
        for build in ("2G", "1G", "debug", "ubsan"):
            yield _row(f"ext2-{mode}-{build}", "1G", word, ["-b", "1024"], build=build, smp=2, timeout=300)
    yield _row("ext2-486", "16M", "", ["-b", "1024"], IDE, cpu="486", timeout=300)
    yield _row("ext2-old", "512M", "", ["-b", "1024", "-r", "0"])


# --- damaged images --------------------------------------------------------------------------------------


def _damage(image, chance):
    """Replaces some bytes of the first group: superblock, descriptors, bitmaps, inodes, directories, files."""
    image = bytearray(image)
    for _ in range(chance.randint(1, 30)):
        where = chance.choice(((1024, 1264), (2048, 2080), (3 * KIB, 6 * KIB), (6 * KIB, 22 * KIB),
                               (22 * KIB, 60 * KIB)))
        at = chance.randrange(*where) & ~3
        value = chance.choice((0, 1, 0xFFFFFFFF, chance.getrandbits(32), chance.randrange(3000)))
        image[at:at + 4] = value.to_bytes(4, "little")
    return image


# None of this has to work. A file that claims to be large fills the small disk, not the memory.
ABUSE = """\
mount -t ext2 /dev/{0} /d
ls -l /d /d/tree /d/tree/deep
cp -r /d/tree /d/new
cat /d/tree/small >>/d/tree/over
mv /d/tree/deep /d/moved
rm -r /d/tree
dd if=/d/new/large of=/d/part bs=1k count=300
sync
rm -r /d/new
umount /d
"""


class _Damaged:
    """Disks vdb, vdc ... with damaged file systems, and vda with a script that uses them all."""

    def __init__(self, seed):
        self._seed = seed
        self._script = LOGS / f"ext2-damaged-{seed}.img"
        self._disks = [LOGS / f"ext2-damaged-{seed}-{i}.img" for i in range(DAMAGED)]

    def extra(self):
        words = ["-initrd", ARCHIVE]
        for i, path in enumerate([self._script, *self._disks]):
            words += ["-blockdev", f"node-name=d{i},driver=raw,file.driver=file,file.filename={path}",
                      "-device", f"virtio-blk-pci,drive=d{i},addr={4 + i // 8:#x}.{i % 8},multifunction=on"]
        return words

    def make(self):
        good = _Disk(f"ext2-damaged-{self._seed}-good", ["-b", "1024", "-N", "192"])
        good.make()
        image = good.path.read_bytes()
        good.path.unlink()
        for i, path in enumerate(self._disks):
            path.write_bytes(_damage(image, random.Random(self._seed * DAMAGED + i)))
        folder = self._script.with_suffix(".files")
        folder.mkdir(exist_ok=True)
        lines = "".join(ABUSE.format(f"vd{chr(ord('b') + i)}") for i in range(DAMAGED))
        (folder / "script").write_text(lines + "echo all disks were used\n")
        self._script.unlink(missing_ok=True)
        _run("mke2fs", "-q", "-F", "-t", "ext2", "-d", folder, self._script, "1M")
        shutil.rmtree(folder)

    def check(self, text):
        if "now read-only" not in text:
            return "no damage was found"
        for path in [self._script, *self._disks]:
            path.unlink()
        return None


def _damaged():
    """A hundred damaged disks, ten in each boot: any error is right, and the kernel survives."""
    for seed in range(10):
        disks = _Damaged(seed)
        mode = ("pae", "nopae")[seed % 2]
        cmdline = 'run="exec /bin/mkdir /mnt /d;exec /bin/mount -t ext2 /dev/vda /mnt;exec /bin/sh /mnt/script"'
        yield Row(f"ext2-damaged-{seed}-{mode}", "512M", f"{'nopae ' if seed % 2 else ''}{cmdline}", smp=2,
                  extra=disks.extra(), ktap=False, timeout=400, prepare=disks.make, check=disks.check,
                  expect=["^all disks were used"])


# --- storms ----------------------------------------------------------------------------------------------


class _Empty:
    """Disks without files, which have to be sound afterwards."""

    def __init__(self, name, options):
        self._options, self._disks = options, [(LOGS / f"{name}-{size}.img", size) for size in ("8M", "2M")]

    def extra(self):
        words = ["-initrd", ARCHIVE]
        for i, (path, _) in enumerate(self._disks):
            words += ["-blockdev", f"node-name=d{i},driver=raw,file.driver=file,file.filename={path}",
                      "-device", f"virtio-blk-pci,drive=d{i}"]
        return words

    def make(self):
        for path, size in self._disks:
            path.unlink(missing_ok=True)
            made = _run("mke2fs", "-q", "-F", "-t", "ext2", "-N", "512", *self._options, path, size)
            assert made.returncode == 0, made.stdout

    def check(self, _text):
        for path, _ in self._disks:
            judged = _run("e2fsck", "-fn", path)
            if judged.returncode:
                return f"e2fsck -fn {path}:\n{judged.stdout}"
            path.unlink()
        return None


STORMS = ("names", "full", "inodes", "unlinked", "cut", "mounts")


def _storm(name, memory, mode, block, steps=1000, **settings):
    """Random changes that are compared with memory (tests/user/fsx.c), and storms (filestorm.c)."""
    disks = _Empty(name, ["-b", block])
    programs = ["bin/mkdir /mnt", "bin/mount /dev/vda /mnt", f"tests/fsx /mnt {steps}", "tests/fsx /mnt 100 50 2000",
                "bin/rm /mnt/fsx-0 /mnt/fsx-1 /mnt/fsx-2", "tests/filestorm /mnt 1", "bin/umount /mnt"]
    cmdline = f'{mode} run="{";".join(f"exec /{program}" for program in programs)}"'.strip()
    return Row(name, memory, cmdline, extra=disks.extra(), prepare=disks.make, check=disks.check, ktap=False,
               timeout=200, expect=["^fsx: 3 files, 0 wrong", *(f"storm {storm}: passed" for storm in STORMS)],
               **settings)


def _storms():
    yield _storm("ext2-storm-pae-1k", "64M", "", "1024", steps=500, smp=4)
    yield _storm("ext2-storm-nopae-4k", "64M", "nopae", "4096", steps=500, smp=2)
    yield _storm("ext2-storm-pae-2k-debug", "1G", "", "2048", steps=400, smp=2, build="debug")
    yield _storm("ext2-storm-nopae-1k-smp1", "1G", "nopae", "1024")


# --- system calls ----------------------------------------------------------------------------------------


class _Tmp(_Empty):
    """A disk for /tmp, where every user may make files."""

    def make(self):
        super().make()
        for path, _ in self._disks:
            _run("debugfs", "-w", "-R", "set_inode_field / mode 041777", path)


def _calls():
    """The recorded tests of system calls, with their files on a disk of the block size that was recorded."""
    for mode, word in (("pae", ""), ("nopae", "nopae")):
        disks = _Tmp(f"ext2-calls-{mode}", ["-b", "4096"])
        run = f'run="exec /bin/mount /dev/vda /tmp;{user_rows.TESTS};exec /bin/umount /tmp"'
        yield Row(f"ext2-calls-{mode}", "512M", f"{word} {run}".strip(), smp=2, extra=disks.extra(), ktap=False,
                  prepare=disks.make, timeout=300, check=all_of(disks.check, user_rows.as_recorded()))


PARTS = (_ext2, _damaged, _storms, _calls)
