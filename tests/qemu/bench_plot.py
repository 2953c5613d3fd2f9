#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws what operations and booting cost, ours beside Linux's, as SVG.

    bench_plot.py build/bench.svg

Operations come from the baseline, which is what make test holds us to; booting is measured. The same figures give
the same file, to the byte: no date, no random names.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "highland", "svg.fonttype": "none", "font.size": 8,
                            "axes.spines.top": False, "axes.spines.right": False})
import matplotlib.pyplot as plt  # noqa: E402

import bench  # noqa: E402
import bench_boot  # noqa: E402

OURS, LINUX = "#1f6fb4", "#c8553d"


def gibibytes(memory):
    return int(memory[:-1]) * {"M": 1 / 1024, "G": 1}[memory[-1]]


def draw_operations(axes, mode):
    """A line for each operation, from our figure to Linux's."""
    _, ours = bench.read_baseline()
    rows = [(row["name"], ours[mode][row["name"]]["instructions"], float(row[mode]))
            for row in bench.read_csv(bench.BENCH / "linux.csv")]
    rows.reverse()
    places = range(len(rows))
    axes.hlines(places, [row[1] for row in rows], [row[2] for row in rows], color="#cccccc", linewidth=2)
    axes.plot([row[1] for row in rows], places, "o", color=OURS, label="Highland")
    axes.plot([row[2] for row in rows], places, "o", color=LINUX, label="Linux 6.1")
    axes.set_yticks(places, [row[0] for row in rows])
    axes.set_xscale("log")
    axes.set_xlabel("instructions per operation")
    axes.set_title(f"Operations, {mode}")
    axes.legend(loc="upper right", frameon=False)


def our_boots(mode):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda memory: bench_boot.boot(memory, mode), bench_boot.SIZES))


def draw_boots(axes, mode):
    """Two kinds of lines: all of the boot, and its memory management only."""
    sizes, boots = [gibibytes(memory) for memory in bench_boot.SIZES], our_boots(mode)
    linux = bench.read_csv(bench.BENCH / "linux_boot.csv")
    for key, what, style in (("boot", "reset to init", "o-"), ("memory", "memory only", "o--")):
        known = [row for row in linux if row[key]]
        axes.plot([gibibytes(row["RAM"]) for row in known], [float(row[key]) for row in known], style,
                  color=LINUX, label=f"Linux 6.1, {what}")
    for key, what, style in (("prompt", "entry to the prompt", "o-"),
                             ("memblock_free_all", "memory only", "o--")):
        axes.plot(sizes, [got[key] for got in boots], style, color=OURS, label=f"Highland, {what}")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks([0.5, 1, 2, 4, 8, 16, 32, 64], ["512M", "1G", "2G", "4G", "8G", "16G", "32G", "64G"])
    axes.set_xlabel("RAM")
    axes.set_ylabel("instructions")
    axes.set_title(f"Booting, {mode}")
    axes.legend(loc="center right", frameon=False, fontsize=7)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
    draw_operations(left, "PAE")
    draw_boots(right, "PAE")
    figure.savefig(sys.argv[1], metadata={"Date": None, "Creator": None})
    print(f"{sys.argv[1]} is drawn")


if __name__ == "__main__":
    main()
