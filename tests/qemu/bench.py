#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Costs of operations, beside Linux's figures, compared with the last accepted ones.

Both kernels boot on one CPU under -icount, where each instruction is one tick of the TSC (time stamp
counter), so two runs give the same digits. An instruction count hides some costs. So TLB flushes,
interrupts to other CPUs and locked operations have columns of their own.

--check compares with the figures of the last accepted run, tests/bench/baseline.csv, and fails where an
operation has more than 2 % more instructions, or any more of the rest. Another compiler needs other numbers of
instructions, so only the rest is compared then, and a line says so. --update accepts what is measured now.
"""

import argparse
import csv
import math
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BENCH = Path("tests/bench")
BASELINE = BENCH / "baseline.csv"
MODES = ("PAE", "non-PAE")
KERNEL = "build/highland.elf"

# The costs of an operation. The first may grow by TOLERANCE, the others not at all. Only the first depends on the
# compiler.
COSTS = ("instructions", "invlpg", "cr3", "cr4", "ipis", "locked")
LAB_COSTS = (*COSTS, "cli")  # what the steps of a lab may limit
TOLERANCE = 0.02

# Allowed difference of the two instruction counts, absolute and relative: some work is done
# once per run, and some is postponed.
COUNTS_AGREE = (1.0, 0.06)


# --- measuring ---


def boot(mode, glob="*"):
    """The console of a boot that runs the benchmarks."""
    append = ("nopae " if mode == "non-PAE" else "") + f"bench={glob}"
    done = subprocess.run(
        ["qemu-system-x86_64", "-accel", "tcg", "-icount", "shift=0,sleep=off", "-cpu", "max", "-m", "4G",
         "-display", "none", "-serial", "stdio", "-no-reboot",
         "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", KERNEL, "-append", append],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 33:
        sys.exit(f"{mode}: exit status {done.returncode}, expected 33:\n"
                 + done.stdout[-2000:] + done.stderr)
    return done.stdout


def parse(console):
    """Name to costs per operation, from the lines BENCH and OPS."""
    rows = {}
    for kind, rest in re.findall(r"^(BENCH|OPS) (.*?)\r?$", console, re.M):
        fields = dict(word.split("=") for word in rest.split())
        name = fields.pop("name")
        if kind == "BENCH":
            iters = int(fields["iters"])
            rows[name] = {"instructions": int(fields["cycles_total"]) / iters}
            rows[name].update({cost: int(fields[cost]) / iters for cost in ("invlpg", "cr3", "cr4", "ipis")})
        else:
            rows[name].update({count: float(fields[count]) for count in ("locked", "steps", "cli")})
    return rows


def measure(glob="*"):
    """Mode to rows; a figure has three decimals, which is what baseline.csv keeps."""
    with ThreadPoolExecutor(len(MODES)) as pool:
        consoles = list(pool.map(lambda mode: boot(mode, glob), MODES))
    return {mode: {name: {cost: round(value, 3) for cost, value in row.items()}
                   for name, row in parse(console).items()}
            for mode, console in zip(MODES, consoles)}


# --- files ---


def read_csv(path):
    """Rows of a CSV file with comments."""
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def built_by():
    """The compiler and its options. The figures of other builds are not comparable."""
    flags = Path("build/flags.txt").read_text(encoding="utf-8")
    version = subprocess.run([flags.split()[0], "--version"], capture_output=True, text=True, check=True)
    options = re.findall(r"-D(\w+=\w+)", flags)
    return " ".join([version.stdout.splitlines()[0]] + sorted(set(options) - {"PAE=0", "PAE=1"}))


def read_baseline():
    """(what it was built by, mode to rows)"""
    built = re.search(r"^# built by: (.*)$", BASELINE.read_text(encoding="utf-8"), re.M)[1]
    rows = {mode: {} for mode in MODES}
    for row in read_csv(BASELINE):
        rows[row["mode"]][row["name"]] = {cost: float(row[cost]) for cost in COSTS}
    return built, rows


def baseline_header():
    """The comment at the head of a baseline."""
    return ("# The figures of the last accepted run, per operation: make bench-update writes them, make test\n"
            f"# compares with them.\n# built by: {built_by()}\n")


def write_baseline(measured):
    """Accepts the measured figures."""
    with open(BASELINE, "w", encoding="utf-8", newline="") as file:
        file.write(baseline_header())
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("mode", "name") + COSTS)
        for mode in MODES:
            for name, row in sorted(measured[mode].items()):
                writer.writerow([mode, name] + [f"{row[cost]:g}" if row[cost] == int(row[cost]) else
                                                f"{row[cost]:.3f}" for cost in COSTS])


# --- showing ---


def shown(value):
    """A count that is mostly small and whole."""
    return f"{value:g}" if value == int(value) else f"{value:.3f}"


def by_number(name):
    """A key to sort by: order2 before order10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def table(mode, rows):
    """Prints the table of a mode; those that Linux has a figure of come first, in its order."""
    linux = {row["name"]: row for row in read_csv(BENCH / "linux.csv")}
    print(f"{mode}: instructions and what else, per operation")
    print(f"{'operation':<33}{'ours':>9}{'Linux':>7}{'ratio':>7}{'at most':>9}{'kept':>5}"
          f"{'invlpg':>7}{'CR3':>7}{'CR4':>7}{'locked':>8}")
    ratios, kept = [], 0
    for name in list(linux) + sorted(set(rows) - set(linux), key=by_number):
        row, theirs = rows[name], linux.get(name)
        line = f"{name:<33}{row['instructions']:>9.1f}"
        if theirs:
            ratios.append(row["instructions"] / float(theirs[mode]))
            within = round(row["instructions"], 1) <= float(theirs["at most"])
            kept += within
            line += (f"{theirs[mode]:>7}{ratios[-1]:>7.3f}{theirs['at most']:>9}"
                     f"{'yes' if within else 'no':>5}")
        else:
            line += f"{'-':>7}{'-':>7}{'-':>9}{'-':>5}"
        print(line + "".join(f"{shown(row[cost]):>{width}}" for cost, width in
                             (("invlpg", 7), ("cr3", 7), ("cr4", 7), ("locked", 8))))
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"geometric mean of the ratios: {mean:.3f}; {kept} of {len(ratios)} limits kept; "
          f"interrupts to other CPUs: {shown(sum(row['ipis'] for row in rows.values()))}\n")


# --- checking ---


def comparable(built, baseline_built):
    """The costs that can be compared with a baseline of another build, and why not all of them, or None."""
    def options(text):
        return [word for word in text.split() if re.fullmatch(r"[A-Z_]+=\w+", word)]
    if built == baseline_built:
        return COSTS, None
    if options(built) != options(baseline_built):
        return (), (f"no cost is compared: this kernel was built with {' '.join(options(built))}, the baseline with "
                    f"{' '.join(options(baseline_built))}; build with these options, or accept others by make "
                    "bench-update")
    return COSTS[1:], (f"instructions are not compared: this kernel was built by {built}, the baseline by "
                       f"{baseline_built}; build with that compiler (CC=, CROSS_COMPILE=), or accept this one by make "
                       "bench-update")


def grown(was, now, costs):
    """Those of the costs of a row that have grown too much."""
    for cost in costs:
        limit = was[cost] * (1 + TOLERANCE) if cost == "instructions" else was[cost]
        if now[cost] > limit:
            yield f"{cost}: {shown(now[cost])}, baseline {shown(was[cost])}"


def counts_differ(row):
    """Whether cycles and instructions looked at, two ways to count the same, tell different things."""
    allowed = COUNTS_AGREE[0] + COUNTS_AGREE[1] * row["instructions"]
    return abs(row["instructions"] - row["steps"]) > allowed


def complaints(was, name, row, costs=COSTS):
    """The complaints about a row, of which these costs are compared."""
    if name not in was:
        return ["not in the baseline"]
    wrong = list(grown(was[name], row, costs))
    if "instructions" in costs and counts_differ(row):
        wrong.append(f"{shown(row['instructions'])} cycles, but {shown(row['steps'])} instructions by steps")
    return wrong


def compare(tool, measured, read, of_row):
    """Compares with a baseline; the number of rows that are worse. A row with a cost left out is skipped, too.

    `read` gives what the baseline was built by, and mode to rows. `of_row` gives the complaints about a row of the
    baseline and of now, either of which may be missing, by the costs that can be compared."""
    built, baseline = read()
    costs, note = comparable(built_by(), built)
    if note:
        print(f"note: {tool}: {note}")
    if not costs:
        print(f"0 passed, 0 failed, {sum(map(len, measured.values()))} skipped")
        return 0
    total = failed = 0
    for mode, rows in measured.items():
        for name in sorted(set(baseline[mode]) | set(rows)):
            wrong = of_row(baseline[mode].get(name), rows.get(name), costs)
            total += 1
            failed += bool(wrong)
            for line in wrong:
                print(f"{tool}: {mode} {name}: {line}")
    if failed:
        print(f"{tool}: make bench-update accepts these figures")
    print(f"{total - failed} passed, {failed} failed, {total if note else 0} skipped")
    return failed


def check(measured):
    """The number of rows that are worse than the baseline."""
    def of_row(was, now, costs):
        if now is None:
            return ["in the baseline only"]
        return complaints({} if was is None else {"row": was}, "row", now, costs)
    return compare("bench", measured, read_baseline, of_row)


# --- the command line ---


def parser_of(text):
    """A parser with the two options that all benchmarks have."""
    parser = argparse.ArgumentParser(description=text)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="fail where something costs more than it did")
    choice.add_argument("--update", action="store_true", help="accept what is measured now")
    return parser


def conclude(args, measured, tool):
    """Does with the figures what the options say; returns the exit status. `tool` is the module."""
    if args.check:
        return 1 if tool.check(measured) else 0
    if args.update:
        tool.write_baseline(measured)
        print(f"{tool.BASELINE} has the figures of now")
        return 0
    for mode, rows in measured.items():
        tool.table(mode, rows)
    return 0


def main():
    args = parser_of(__doc__).parse_args()
    return conclude(args, measure(), sys.modules[__name__])


if __name__ == "__main__":
    sys.exit(main())
