#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Costs of system calls, faults and processes, as a program sees them, beside those of 32-bit Linux.

The program is tests/ubench/ubench.c, which runs on both kernels unchanged. Both kernels of ours boot on one CPU
under -icount, where each instruction is one tick of the TSC, so two runs give the same digits.

--check compares with tests/bench/user_baseline.csv, and fails where an operation has more than 2 % more
instructions, or where a row is missing. Another compiler needs other numbers of instructions, so then only the
names are compared, and a line says so. --update accepts what is measured now. --mode PAE and --groups fork,exec
run a part.
"""

import csv
import math
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import bench

BASELINE = bench.BENCH / "user_baseline.csv"
LINUX = bench.BENCH / "user_linux.csv"
ARCHIVE = "build/ubench.cpio"


def boot(mode, groups):
    """The console of a boot that runs the program."""
    words = " ".join(["exec /bin/ubench", *groups])
    append = ("nopae " if mode == "non-PAE" else "") + f'run="{words}"'
    done = subprocess.run(
        ["qemu-system-x86_64", "-accel", "tcg", "-icount", "shift=0,sleep=off", "-cpu", "max", "-m", "4G",
         "-display", "none", "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
         "-kernel", bench.KERNEL, "-initrd", ARCHIVE, "-append", append],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1200, check=False)
    if done.returncode != 33 or "UBENCH done" not in done.stdout:
        sys.exit(f"{mode}: exit status {done.returncode}, expected 33 and the line 'UBENCH done':\n"
                 + done.stdout[-2000:] + done.stderr)
    return done.stdout


def parse(console):
    """Name to instructions per operation; None where the kernel refused the operation."""
    rows = {name: round(int(total) / int(iters), 3) for name, iters, total in
            re.findall(r"^UBENCH name=(\w+) iters=(\d+) cycles_total=(\d+)\r?$", console, re.M)}
    rows.update(dict.fromkeys(re.findall(r"^UBENCH name=(\w+) error=\d+\r?$", console, re.M)))
    return rows


def measure(modes, groups):
    """Mode to rows."""
    with ThreadPoolExecutor(len(modes)) as pool:
        return dict(zip(modes, map(parse, pool.map(lambda mode: boot(mode, groups), modes))))


def read_baseline():
    """(what it was built by, mode to rows)"""
    built = re.search(r"^# built by: (.*)$", BASELINE.read_text(encoding="utf-8"), re.M)[1]
    rows = {mode: {} for mode in bench.MODES}
    for row in bench.read_csv(BASELINE):
        rows[row["mode"]][row["name"]] = float(row["instructions"])
    return built, rows


def write_baseline(measured):
    """Accepts the measured figures."""
    with open(BASELINE, "w", encoding="utf-8", newline="") as file:
        file.write(bench.baseline_header())
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("mode", "name", "instructions"))
        for mode, rows in measured.items():
            writer.writerows((mode, name, f"{value:g}" if value == int(value) else f"{value:.3f}")
                             for name, value in sorted(rows.items()))


def table(mode, rows):
    """Prints the table of a mode, in the order of Linux's figures."""
    linux = {row["name"]: row for row in bench.read_csv(LINUX)}
    print(f"{mode}: instructions per operation of a program")
    print(f"{'operation':<33}{'ours':>11}{'Linux':>11}{'ratio':>7}{'at most':>9}{'kept':>5}")
    ratios, kept = [], 0
    for name in [name for name in linux if name in rows] + sorted(set(rows) - set(linux)):
        if rows[name] is None:
            print(f"{name:<33}{'refused':>11}")
        elif name not in linux:
            print(f"{name:<33}{rows[name]:>11.1f}")
        else:
            theirs, limit = float(linux[name][mode]), float(linux[name]["at most"])
            ratios.append(rows[name] / theirs)
            # The timer's tick is in every row.
            within = rows[name] <= limit * 1.005 + 0.05
            kept += within
            print(f"{name:<33}{rows[name]:>11.1f}{theirs:>11.1f}{ratios[-1]:>7.3f}{limit:>9g}"
                  f"{'yes' if within else 'no':>5}")
    if ratios:
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        print(f"geometric mean of the ratios: {mean:.3f}; {kept} of {len(ratios)} limits kept\n")


def complaints(was, now, costs):
    """The fault of a row, or None. A figure of None is a row that is missing or refused."""
    if now is None:
        return "in the baseline only, or refused"
    if was is None:
        return "not in the baseline"
    if "instructions" in costs and now > was * (1 + bench.TOLERANCE):
        return f"instructions: {bench.shown(now)}, baseline {bench.shown(was)}"
    return None


def check(measured):
    """The number of rows that are worse than the baseline."""
    def of_row(was, now, costs):
        wrong = complaints(was, now, costs)
        return [wrong] if wrong else []
    return bench.compare("ubench", measured, read_baseline, of_row)


def main():
    parser = bench.parser_of(__doc__)
    parser.add_argument("--mode", choices=bench.MODES, help="only this paging mode")
    parser.add_argument("--groups", default="", help="only these groups of rows: fork,exec")
    args = parser.parse_args()
    if (args.check or args.update) and (args.mode or args.groups):
        parser.error("--check and --update need all rows")
    measured = measure([args.mode] if args.mode else bench.MODES, args.groups.split(",") if args.groups else [])
    return bench.conclude(args, measured, sys.modules[__name__])


if __name__ == "__main__":
    sys.exit(main())
