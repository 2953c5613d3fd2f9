#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fetches i386 packages of Debian without any change to this system, and unpacks them.

    tools/debian.py FOLDER PACKAGE...

apt gets a state of its own in build/debian: lists, cache and an empty list of installed packages. It
checks the signature of the lists, and the hashes of the packages against them, with the keys that this
system has. Each package is unpacked into FOLDER; nothing is installed. A name that ends with a star is
that of a metapackage, in whose place its first dependency is fetched.
"""

import subprocess
import sys
from pathlib import Path

STATE = Path("build/debian").resolve()
SUITE = "bookworm"
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SOURCES = f"""\
deb [signed-by={KEYS}] http://deb.debian.org/debian {SUITE} main
deb [signed-by={KEYS}] http://deb.debian.org/debian-security {SUITE}-security main
"""


def options():
    """The options by which apt uses nothing of this system but its keys."""
    settings = {
        "APT::Architecture": "i386", "APT::Architectures": "i386", "APT::Sandbox::User": "root",
        "Dir::State": STATE / "state", "Dir::State::status": STATE / "status", "Dir::Cache": STATE / "cache",
        "Dir::Etc::sourcelist": STATE / "sources.list", "Dir::Etc::sourceparts": "-", "Acquire::Retries": "2",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def prepare():
    """Makes the folders of the state, and fetches the lists of packages. A mirror that fails is left out."""
    for folder in ("state/lists/partial", "cache/archives/partial", "packages"):
        (STATE / folder).mkdir(parents=True, exist_ok=True)
    (STATE / "status").touch()
    (STATE / "sources.list").write_text(SOURCES)
    subprocess.run(["apt-get", *options(), "-qq", "update"], check=False, stderr=subprocess.DEVNULL)


def dependency(package):
    """The first package that a metapackage needs."""
    text = subprocess.run(["apt-cache", *options(), "depends", package], check=True, capture_output=True, text=True)
    return next(line.split()[1] for line in text.stdout.splitlines() if "Depends:" in line)


def fetch(package):
    """The file of a package, fetched unless it is there."""
    if package.endswith("*"):
        package = dependency(package[:-1])
    folder = STATE / "packages"
    if not list(folder.glob(f"{package}_*.deb")):
        subprocess.run(["apt-get", *options(), "-qq", "download", f"{package}:i386"], cwd=folder, check=True)
    return max(folder.glob(f"{package}_*.deb"))


def unpack(folder, packages):
    """Fetches and unpacks packages. Stops with a message if the network or a tool is missing."""
    try:
        prepare()
        for package in packages:
            subprocess.run(["dpkg-deb", "-x", fetch(package), folder], check=True)
    except FileNotFoundError as error:
        sys.exit(f"debian.py: {error.filename} is missing: this needs a Debian or Ubuntu system")
    except (subprocess.CalledProcessError, ValueError) as error:
        sys.exit(f"debian.py: {' '.join(packages)} cannot be fetched: is there a network? ({error})")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    unpack(sys.argv[1], sys.argv[2:])
