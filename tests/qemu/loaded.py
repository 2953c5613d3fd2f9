#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is the time right on a busy machine?

Boots the kernel again and again while other processes want the same cores, and compares the rate of the TSC
that it found with the true one. A rate within 1 % is right, "its rate is not known" is honest, any other is a
failure. The last line is 'N passed, N failed'.
"""

import argparse
import ctypes
import mmap
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from multiprocessing import Process

LIMIT = 900  # seconds after which a spinner ends by itself, should this program be killed
HONEST_PERCENT = 10  # boots that may not know the rate


def spin():
    end = time.monotonic() + LIMIT
    parent = os.getppid()
    while time.monotonic() < end and os.getppid() == parent:
        sum(range(100000))


def host_tsc_rate():
    """The TSC of this host in Hz: under TCG, without -icount, the guest reads it."""
    # rdtsc; shl rdx, 32; or rax, rdx; ret
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(bytes.fromhex("0f3148c1e2204809d0c3"))
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    rdtsc = ctypes.CFUNCTYPE(ctypes.c_uint64)(address)

    def both():
        """The pair that was read with the smallest pause in between."""
        readings = []
        for _ in range(200):
            before, ns, after = rdtsc(), time.monotonic_ns(), rdtsc()
            readings.append((after - before, before + (after - before) // 2, ns))
        return min(readings)[1:]
    cycles, ns = both()
    time.sleep(1)
    later, later_ns = both()
    return (later - cycles) * 1e9 / (later_ns - ns)


def command(args):
    return ["timeout", "120", "qemu-system-x86_64", "-accel", "tcg", "-cpu", args.cpu, "-m", "64M", "-machine",
            args.machine, "-display", "none", "-serial", "stdio", "-no-reboot", "-device",
            "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", args.kernel, "-append", "run=uptime"]


def measured_rate(args):
    """MHz, or None if the kernel says that it does not know it."""
    done = subprocess.run(command(args), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 33:
        raise RuntimeError(f"exit status {done.returncode}, expected 33:\n{done.stdout[-1000:]}{done.stderr}")
    found = re.search(r"TSC: (\d+\.\d+) MHz", done.stdout)
    if not found and "TSC: its rate is not known" not in done.stdout:
        raise RuntimeError(f"nothing is said about the TSC:\n{done.stdout[-1000:]}")
    return float(found[1]) if found else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boots", type=int, default=50)
    parser.add_argument("--load", type=int, default=10, help="processes that spin")
    parser.add_argument("--cpu", default="max")
    parser.add_argument("--machine", default="pc")
    parser.add_argument("--kernel", default="build/highland.elf")
    args = parser.parse_args()
    if platform.machine() == "x86_64":
        truth = host_tsc_rate() / 1e6
    else:
        truth = statistics.median(rate for _ in range(9) if (rate := measured_rate(args)))
    spinners = [Process(target=spin, daemon=True) for _ in range(args.load)]
    for spinner in spinners:
        spinner.start()
    try:
        time.sleep(1)
        rates = [measured_rate(args) for _ in range(args.boots)]
    finally:
        for spinner in spinners:
            spinner.kill()
    errors = [rate / truth - 1 for rate in rates if rate is not None]
    wrong = [error for error in errors if abs(error) > 0.01]
    unknown = rates.count(None)
    right = len(errors) - len(wrong)
    print(f"{args.boots} boots of {args.machine} under a load of {args.load}; the TSC has {truth:.3f} MHz: "
          f"{right} found that within 1 % (worst {max(map(abs, errors), default=0):.4%}), "
          f"{unknown} said that it is not known")
    for error in wrong:
        print(f"wrong by {error:.1%}")
    allowed = args.boots * HONEST_PERCENT // 100
    if unknown > allowed:
        print(f"the rate was not known in {unknown} boots, expected at most {allowed}")
    failed = len(wrong) + max(0, unknown - allowed)
    print(f"{args.boots - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
