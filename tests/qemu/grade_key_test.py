#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Signed results: boots with a key, checks every signature, and searches all of RAM for the key."""

import re
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "tools"))

from boot_row import kernel_file  # noqa: E402
from guest import Guest  # noqa: E402
from lab import signed  # noqa: E402

MEMORY = "1G"
DONE = re.compile(r"^ +(ok|not ok) \d+ (\S+)", re.M)


def copies_of(key, guest):
    """The physical addresses of copies of the key: the digits, the bytes, and each half of the digits."""
    for what in (key.encode(), key[:16].encode(), key[16:].encode(), bytes.fromhex(key)):
        at = guest.ram.find(what)
        if at >= 0:
            yield f"{what!r} is in RAM at {at:#x}"


def expected_results(console):
    """The results that must be signed, from the unsigned lines."""
    results = []
    suite = None
    for line in console.splitlines():
        subtest = re.match(r" +# Subtest: (\S+)", line)
        done = DONE.match(line)
        suite = subtest[1] if subtest else suite
        if done and "# SKIP" not in line:
            results.append(f"{done[1]} {suite}.{done[2]}")
        elif (figures := re.search(r"(?<!# graded )(BENCH|OPS) name=.*", line)):
            results.append(figures[0])
    return results


def complaints_of(cmdline):
    key = signed.new_key()
    with Guest(MEMORY, kernel_file("3G"), f'{cmdline} "grade_key={key}"') as guest:
        console = guest.command("selftest string,printf") + guest.command("bench kmap_low")
        cmdline_shown = guest.command("cmdline")
        guest.qmp("stop")
        yield from copies_of(key, guest)
        got = signed.read(console, key)
        forged = console.replace("# graded ok string.compare", "# graded ok string.search")
        old = signed.read(console + console, key)
    if got.results != expected_results(console) or len(got.results) < 15:
        yield f"the signed results are {got.results}, expected {expected_results(console)}"
    if got.forged or not got.complete:
        yield f"forged {got.forged}, complete {got.complete}, expected none and True"
    if signed.read(forged, key).forged[:1] != ["ok string.search"]:
        yield "the signature of one result was right for another one"
    if old.results != got.results or len(old.forged) != len(got.results) + 2:
        yield "old lines were right a second time"
    if signed.read(console, signed.new_key()).results:
        yield "the signatures were right with another key"
    if f"grade_key={32 * '*'}" not in cmdline_shown:
        yield f"the command line is shown as {cmdline_shown!r}"


def main():
    passed = failed = 0
    for mode, cmdline in (("PAE", ""), ("non-PAE", "nopae")):
        complaints = list(complaints_of(cmdline))
        print(f"{'FAILED' if complaints else 'ok    '}  signed results {mode}", flush=True)
        for text in complaints:
            print(f"        {text}")
        passed, failed = passed + (not complaints), failed + bool(complaints)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
