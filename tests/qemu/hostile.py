#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots each mode with a hostile program that makes random calls for some minutes, on 4 CPUs with 1 GiB.

Afterwards the page tables must agree with the owners of pages, and no memory may be lost. A line that failed is
repeated by its seed, as far as the order in which threads run allows. The last line is 'N passed, N failed'.
"""

import argparse
import re

from boot import boot, shell_line
from user_rows import hostile

CALLS = re.compile(r"the kernel lives after (\d+) calls of (\d+) children")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of each mode")
    parser.add_argument("--seed", type=int, default=1, help="of PAE; that of non-PAE is the next")
    args = parser.parse_args()
    failed = 0
    for seed, mode in enumerate(("pae", "nopae"), args.seed):
        outcome = boot(hostile(mode, seed, int(args.minutes * 60), f"hostile-{mode}-{seed}", smp=4, memory="1G"))
        calls, children = (CALLS.findall(outcome.text) or [(0, 0)])[-1]
        print(f"hostile {mode:<5} seed {seed}: {calls} calls of {children} children, {outcome.seconds:.0f} s: "
              f"{'FAILED' if outcome.problems else 'ok'}", flush=True)
        for problem in outcome.problems:
            print(f"  {problem}\n  {shell_line(outcome)}", flush=True)
        failed += bool(outcome.problems)
    print(f"{2 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
