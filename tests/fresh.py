#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Follows the README on fresh machines: chroots of several systems, with nothing but their base, git and make.

	tests/fresh.py [--filter GLOB] [--goal GOAL...] [--list]

In each chroot of the table a user gets the tree as it is committed, starts `make run`, types at the prompt and
switches the machine off, and then starts `make test`. Each chroot has one line of the report with its times; the
last line is 'N passed, N failed'. debootstrap makes the chroots, which needs root. All mounts are made in a name
space of this process's own, so they are gone when it ends, however it ends.
"""

import argparse
import fcntl
import fnmatch
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "build/fresh"
CACHE = Path(os.environ["XDG_CACHE_HOME"]) / "highland" if os.environ.get("XDG_CACHE_HOME") else WORK / "cache"

# debootstrap's name of each system, and what it is asked for beyond the minimal base.
SYSTEMS = {
    "bookworm": ("Debian 12", ["--components=main"]),
    "trixie": ("Debian 13", ["--components=main"]),
    "noble": ("Ubuntu 24.04", ["--components=main,universe"]),
}
# The script of all systems of Ubuntu: an older debootstrap has no name for a newer one.
OTHER_SCRIPT = {"noble": "gutsy"}

PROMPT = "highland> "
RUN_LIMIT, GOAL_LIMIT = 1800, 5400  # seconds, packages included


@dataclass
class Fresh:
    """A machine and its user: `user` is root, sudo (an ordinary user who may use it) or plain (one who has none)."""

    name: str
    system: str
    packages: str
    user: str
    tree: str
    tarball: bool = False


# Every system from both bases, and each kind of user, of path and of tree at least once.
TABLE = [
    Fresh("bookworm-minimal", "bookworm", "git make", "sudo", "highland"),
    Fresh("bookworm-compiler", "bookworm", "build-essential git", "plain", "highland"),
    Fresh("trixie-minimal", "trixie", "git make", "plain", "src/high land, it's new"),
    Fresh("trixie-compiler", "trixie", "build-essential", "sudo", "highland", tarball=True),
    Fresh("noble-minimal", "noble", "make", "root", "highland-1.0", tarball=True),
    Fresh("noble-compiler", "noble", "build-essential git", "sudo", "a path with blanks/highland"),
]


class Failure(Exception):
    """The README's commands did not work, or a chroot could not be made."""


def sh(*command, log=None, **options):
    """Runs a command of the host; its output is in `log`, or in the message if it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log or subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        raise Failure(f"{' '.join(map(str, command))}: status {done.returncode}\n{(done.stdout or '')[-2000:]}")
    return done.stdout


# --- chroots --------------------------------------------------------------------------------------------


def base(system):
    """The archive of a system's base; made if it is not in the cache."""
    archive = CACHE / f"{system}.tar.zst"
    if archive.exists():
        return archive
    CACHE.mkdir(parents=True, exist_ok=True)
    root = WORK / f"base-{system}"
    shutil.rmtree(root, ignore_errors=True)
    script = []
    if system in OTHER_SCRIPT:
        # Its mirror by name: without the system's keyring debootstrap would take the one of Debian.
        path = Path("/usr/share/debootstrap/scripts", OTHER_SCRIPT[system])
        script = [re.search(r"\*\)\s*default_mirror (\S+)", path.read_text())[1], OTHER_SCRIPT[system]]
    sh("debootstrap", "--variant=minbase", *SYSTEMS[system][1], system, str(root), *script)
    sh("tar", "--zstd", "-cf", f"{archive}.new", "-C", str(root), ".")
    Path(f"{archive}.new").rename(archive)
    shutil.rmtree(root)
    return archive


class Chroot:
    """A machine of the table, with its mounts, packages, user and tree."""

    def __init__(self, fresh, log):
        self.fresh, self.log = fresh, log
        self.root = WORK / f"root-{fresh.name}"
        self.home = Path("/root") if fresh.user == "root" else Path("/home/student")

    def __enter__(self):
        self.remove()
        try:
            self.make()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def make(self):
        self.root.mkdir(parents=True)
        sh("tar", "--zstd", "-xf", str(base(self.fresh.system)), "-C", str(self.root))
        packages = CACHE / f"{self.fresh.system}-packages"
        (packages / "partial").mkdir(parents=True, exist_ok=True)
        for where, *what in (("proc", "-t", "proc", "proc"), ("dev", "--bind", "/dev"),
                             ("dev/shm", "-t", "tmpfs", "tmpfs"),
                             ("dev/pts", "-t", "devpts", "-o", "newinstance,ptmxmode=0666", "devpts"),
                             ("var/cache/apt/archives", "--bind", str(packages))):
            sh("mount", *what, str(self.root / where))
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        (self.root / "etc/hosts").write_text(f"127.0.0.1 localhost {os.uname().nodename}\n")
        # Packages must not start services, which would be the host's.
        policy = self.root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        sudo = ["sudo"] if self.fresh.user == "sudo" else []
        self.as_root("apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "
                     + " ".join([*self.fresh.packages.split(), *sudo]))
        if self.fresh.user != "root":
            self.as_root("useradd -m -s /bin/bash student")
        if sudo:
            (self.root / "etc/sudoers.d/student").write_text("student ALL=(ALL) NOPASSWD: ALL\n")
        self.put_tree()

    def put_tree(self):
        tree = self.root / str(self.home)[1:] / self.fresh.tree
        tree.parent.mkdir(parents=True, exist_ok=True)
        if self.fresh.tarball:
            archive = WORK / f"{self.fresh.name}.tar"
            sh("git", "archive", "-o", str(archive), "HEAD", cwd=ROOT)
            tree.mkdir()
            sh("tar", "-xf", str(archive), "-C", str(tree))
            archive.unlink()
        else:
            sh("git", "clone", "-q", "--no-hardlinks", str(ROOT), str(tree))
        if self.fresh.user != "root":
            self.as_root(f"chown -R student: {self.home}")

    def as_root(self, command):
        sh("chroot", str(self.root), "/bin/sh", "-c", command, log=self.log, env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C"})

    def as_user(self, command, limit, typed=()):
        """Runs a command in the tree, as the user would; types each line when the prompt waits. (status, text)."""
        user = "root" if self.fresh.user == "root" else "student"
        command = f'cd ~/"$TREE" && {command}'
        process = subprocess.Popen(
            ["chroot", str(self.root), "su", "-w", "TREE", "-", user, "-c", command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={"TREE": self.fresh.tree, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        with process:
            text = self.converse(process, time.monotonic() + limit, list(typed))
            return process.wait(), text

    def converse(self, process, deadline, typed):
        text, prompts = "", 0
        while True:
            if not select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                self.end_processes()
                return text + "\n(no end within the time limit)\n"
            data = os.read(process.stdout.fileno(), 65536).decode(errors="replace")
            if not data:
                return text
            text += data
            self.log.write(data)
            self.log.flush()
            if typed and text.count(PROMPT) > prompts:
                prompts = text.count(PROMPT)
                process.stdin.write(f"{typed.pop(0)}\n".encode())
                process.stdin.flush()

    def end_processes(self):
        """Ends what still runs inside: su gave it a session of its own, so it outlives what was started here."""
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "root") == str(self.root):
                    os.kill(int(process.name), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass  # it has ended meanwhile

    def remove(self):
        """Unmounts what is mounted below the root, the last first, and removes the files."""
        self.end_processes()
        mounted = [line.split()[1].replace("\\040", " ") for line in Path("/proc/mounts").read_text().splitlines()]
        for path in reversed([path for path in mounted if path.startswith(f"{self.root}/")]):
            sh("umount", "-l", path)
        sh("rm", "-rf", "--one-file-system", str(self.root))


# --- what the README says -------------------------------------------------------------------------------


def installed_by_hand(machine, text):
    """A user without sudo gets the names of the packages and the command; root types it. False: no such message."""
    command = re.search(r"^ +(apt-get install .*)$", text, re.M)
    if not command:
        return False
    machine.as_root(f"DEBIAN_FRONTEND=noninteractive {command[1]} -y")
    return True


def follow(machine, command, limit, typed=()):
    """The text of a command that succeeded, after what a user without sudo has to do before."""
    status, text = machine.as_user(command, limit, typed)
    if machine.fresh.user == "plain" and status and installed_by_hand(machine, text):
        status, text = machine.as_user(command, limit, typed)
    if status:
        raise Failure(f"{command}: status {status}\n{text[-3000:]}")
    if warning := re.search(r"^(?!\[).*\bwarning: .*$", text, re.M):  # not the kernel's, which has a time before it
        raise Failure(f"{command}: {warning[0]}")
    return text


def make_run(machine):
    text = follow(machine, "make run", RUN_LIMIT, ["meminfo", "poweroff"])
    if not re.search(r"^MemTotal: +\d+ kB", text, re.M):
        raise Failure(f"make run: no answer to meminfo\n{text[-2000:]}")


def make_goal(machine, goal):
    text = follow(machine, f"make {goal}", GOAL_LIMIT)
    last = text.rstrip().splitlines()[-1:]
    if goal == "test" and not (last and re.fullmatch(r"\d+ passed, 0 failed(, \d+ skipped)?", last[0])):
        raise Failure(f"make {goal}: the last line is {last}, expected 'N passed, 0 failed'")


def try_one(fresh, goals):
    """The report's line, and whether all went well."""
    times = []
    with open(WORK / f"{fresh.name}.log", "w", encoding="utf-8") as log:
        try:
            start = time.monotonic()
            with Chroot(fresh, log) as machine:
                times.append(f"made in {time.monotonic() - start:.0f} s")
                start = time.monotonic()
                make_run(machine)
                times.append(f"make run {time.monotonic() - start:.0f} s")
                for goal in goals:
                    start = time.monotonic()
                    make_goal(machine, goal)
                    times.append(f"make {goal} {time.monotonic() - start:.0f} s")
        except Failure as failure:
            log.write(f"\n{failure}\n")
            indented = str(failure).replace("\n", "\n        ")
            return f"FAILED  {fresh.name}: {', '.join(times)}; see {log.name}\n        {indented}", False
    return f"ok      {fresh.name}: {', '.join(times)}", True


def enter_name_space():
    """Starts this program again in name spaces of mounts and processes of its own: both end with it."""
    if os.environ.get("HIGHLAND_FRESH") == "inside":
        return
    os.environ["HIGHLAND_FRESH"] = "inside"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
                          "--mount-proc", sys.executable, *sys.argv])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="*", metavar="GLOB", help="only the chroots with these names")
    parser.add_argument("--goal", nargs="*", default=["test"], help="what follows make run (test)")
    parser.add_argument("--list", action="store_true", help="print the table and end")
    args = parser.parse_args()

    chosen = [fresh for fresh in TABLE if fnmatch.fnmatch(fresh.name, args.filter)]
    if not chosen:
        sys.exit(f"fresh: no chroot is called {args.filter}, expected one of: "
                 f"{' '.join(fresh.name for fresh in TABLE)}")
    if args.list:
        for fresh in chosen:
            print(f"{fresh.name:20} {SYSTEMS[fresh.system][0]} with {fresh.packages}, user {fresh.user}, "
                  f"{'tarball' if fresh.tarball else 'clone'} in '{fresh.tree}'")
        return 0
    if os.geteuid() != 0:
        sys.exit("fresh: chroots are made by root only; start make test-fresh as root")
    enter_name_space()
    # The first process of a name space gets no signal that it does not ask for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("fresh: ended by SIGTERM"))
    WORK.mkdir(parents=True, exist_ok=True)
    lock = open(WORK / "lock", "w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"fresh: another one works in {WORK}; wait for it, or end it")
    failed = 0
    for fresh in chosen:
        line, good = try_one(fresh, args.goal)
        print(line, flush=True)
        failed += not good
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
