#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws what operations and booting cost, ours beside Linux's, as SVG.

    bench_plot.py PAE build/bench.svg
    bench_plot.py non-PAE build/bench-nopae.svg

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


def note(axes, x, y, text, side, color):
    """The number beside a point."""
    axes.annotate(text, (x, y), (6 if side == "left" else -6, 0), textcoords="offset points", ha=side, va="center",
                  fontsize=6, color=color)


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
    for place, (_, our, linux) in zip(places, rows):
        note(axes, our, place, f"{our:.0f}", "right", OURS)
        note(axes, linux, place, f"{linux:.0f}", "left", LINUX)
    axes.margins(x=0.12)
    axes.set_yticks(places, [row[0] for row in rows])
    axes.set_xscale("log")
    axes.set_xlabel("instructions per operation")
    axes.set_title(f"Operations, {mode}")
    axes.legend(loc="upper right", frameon=False)


def in_short(number):
    """As 9.8M."""
    return next(f"{number / unit:.3g}{letter}" for letter, unit in (("G", 1e9), ("M", 1e6), ("k", 1e3))
                if number >= unit)


def our_boots(mode):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda memory: bench_boot.boot(memory, mode), bench_boot.SIZES))


def draw_boot(axes, points, style, color, label):
    """A line over sizes of RAM, with the numbers above its points; below them where the line is dashed."""
    axes.plot(*zip(*points), style, color=color, label=label)
    above = style == "o-"
    nexts = [x for x, _ in points[1:]] + [float("inf")]
    for (x, y), following in zip(points, nexts):
        if following < 1.4 * x:
            continue  # no room for both
        axes.annotate(in_short(y), (x, y), (0, 5 if above else -5), textcoords="offset points", ha="center",
                      va="bottom" if above else "top", fontsize=6, color=color)


def draw_boots(axes, mode):
    """Two kinds of lines: all of the boot, and its memory management only."""
    sizes, boots = [gibibytes(memory) for memory in bench_boot.SIZES], our_boots(mode)
    linux = bench.read_csv(bench.BENCH / "linux_boot.csv")
    for key, what, style in (("boot", "reset to init", "o-"), ("memory", "memory only", "o--")):
        known = [(gibibytes(row["RAM"]), float(row[key])) for row in linux if row[key]]
        draw_boot(axes, known, style, LINUX, f"Linux 6.1 PAE, {what}")
    for key, what, style in (("prompt", "entry to the prompt", "o-"),
                             ("memblock_free_all", "memory only", "o--")):
        draw_boot(axes, list(zip(sizes, (got[key] for got in boots))), style, OURS, f"Highland, {what}")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks([0.5, 1, 2, 4, 8, 16, 32, 64], ["512M", "1G", "2G", "4G", "8G", "16G", "32G", "64G"])
    axes.set_xlabel("RAM")
    axes.set_ylabel("instructions")
    axes.set_title(f"Booting, {mode}")
    axes.legend(loc="lower right", frameon=False, fontsize=7)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in bench.MODES:
        sys.exit(__doc__)
    mode, path = sys.argv[1:]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.5), layout="constrained")
    draw_operations(left, mode)
    draw_boots(right, mode)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    print(f"{path} is drawn")


if __name__ == "__main__":
    main()
