# SPDX-License-Identifier: MIT
"""Boots that must end in a panic, and the report that each must print."""

from boot_row import FAILED, PANIC, Row, modes

# The message of each `crash NAME`, and the modes that have it.
CRASHES = {
    "panic": r"Kernel panic: asked to",
    "null-read": r"page 0, never mapped",
    "text-write": r"kernel text",
    "recursion": r"kernel stack overflow",
    "recursion-of-two": r"kernel stack overflow",
    "divide": r"divide error",
    "invalid-opcode": r"invalid opcode",
    "debug-exception": r"unexpected exception 1 \(debug exception\)",
    "hook-twice": r"panic: hook schedule_hook has a taker, \w+, and is set to another, \w+",
    "double-free": r"panic: double free of frame",
    "free-tail": r"panic: .*it is the tail of the allocated block",
    "free-order": r"panic: .*expected allocated with order 1",
    "free-reserved": r"panic: free of frame .*state reserved",
    "kfree-twice": r"panic: cache kmalloc-64: object 0x\w+ is freed, but is free already",
    "kfree-inside": r"panic: cache kmalloc-64: object 0x\w+ is freed, but is inside of one",
    "kfree-pages": r"panic: kfree\(0x\w+\): allocated, expected an allocated object",
    "kfree-vmalloc": r"panic: kfree\(0x\w+\): not in the direct map",
    "wrong-cache": r"panic: kmem_cache_free\(kmalloc-8, 0x\w+\): belongs to cache kmalloc-64",
    "use-after-kfree": r"panic: cache kmalloc-64: object 0x\w+ was written to while it was free",
    "oom": r"panic: out of memory: order 3 for run_out_of_memory\+",
    "lifo": r"maps frame 0x\w+ for unmap_out_of_order\+(.|\n)*"
            r"panic: kunmap_local\(\w+\): not the latest mapping, expected \w+ \(frame 0x\w+\)",
    "kmap-depth": r"maps frame 0x\w+ for map_too_deep\+(.|\n)*all 16 slots are in use",
    "kmap-depth-preempted": r"maps frame 0x\w+ for map_one_more_in_steps\+(.|\n)*17 mappings, expected 16: "
                            r"all 16 slots",
    "kmap-depth-interrupted": r"maps frame 0x\w+ for map_one_more_in_steps\+(.|\n)*17 mappings, expected 16: "
                              r"all 16 slots",
    "kmap-touch": r"The address is in: kmap_local slot 1 of CPU 0\n"
                  r".*was last mapped to frame 0x\w+ for touch_unmapped\+",
    "kmap-atomic-touch": r"was last mapped to frame 0x\w+ for touch_after_kunmap_atomic\+",
    "kunmap-local-vmalloc": r"panic: kunmap_local\(\w+\): not an address that kmap_local_page",
    "kunmap-local-twice": r"was last mapped to frame 0x\w+ for kunmap_local_twice\+(.|\n)*"
                          r"panic: kunmap_local\(\w+\): nothing is mapped",
    "kmap-local-exit": r"maps frame 0x\w+ for end_with_mappings\+(.|\n)*"
                       r"panic: thread 'forgetful' ends with 2 kmap_local mappings not undone",
    "kmap-exhaust": r"(512|1024) slots held by 'prompt' since exhaust_kmap\+(.|\n)*"
                    r"panic: kmap: all (512|1024) slots are held, and no thread is left to give one back",
    "kmap-deadlock": r"held by 'taker/0' since take_slots\+(.|\n)*held by 'taker/2' since take_slots\+(.|\n)*"
                     r"panic: kmap: all (512|1024) slots are held, and no thread is left to give one back",
    "kmap-recycled-touch": r"slot (511|1023) was last held for touch_after_recycling\+\w+, thread 'prompt'",
    "kunmap-address": r"panic: kunmap\(0x\w+\): expected the descriptor of the page, not an address",
    "page-address": r"page_address\(frame 0x\w+\) was NULL for trust_page_address\+\w+: the page is not mapped",
    "kunmap": r"panic: kunmap of frame 0x\w+, which is not mapped by kmap",
    "kmap-atomic-sleep": r"panic: kmap\(\) may sleep(.|\n)*CPU 0, thread 'prompt'",
    "vmalloc-overrun": r"guard page",
    "vfree-twice": r"no range in use begins there",
    "vfree-purged": r"no range in use begins there",
    "vfree-mapped": r"the range there has flags 0x2, expected 0x1",
    "vfree-irqs-off": r"vfree\(.*\): in an interrupt, or with interrupts off",
    "table-below-kernel": r"panic: set_kernel_pde\((bfe00000|bfc00000)\): 0+ would become \w+ after boot: expected",
}


# The message of `crash ubsan-NAME` in a kernel built with UBSAN=1, after "UBSAN: ".
UNDEFINED = {
    "shift": r"shift-out-of-bounds in tests/crash/crash\.c:\d+:\d+: "
             r"shift exponent 40 is too large for 32-bit type 'unsigned int'",
    "overflow": r"signed-integer-overflow in tests/crash/crash\.c:\d+:\d+: "
                r"-9223372036854775808 - 3 cannot be represented in type 'long long( int)?'",
    "index": r"array-index-out-of-bounds in tests/crash/crash\.c:\d+:\d+: "
             r"index 4 is out of range for type '(const )?char ?\[4\]'",
    "misaligned": r"misaligned-pointer in tests/crash/crash\.c:\d+:\d+: "
                  r"load of address 0x[0-9a-f]+ for type '.*', which requires 4-byte alignment",
}


def _undefined():
    for name, message in UNDEFINED.items():
        for mode, cmdline in modes(f'run="crash ubsan-{name}"'):
            yield Row(f"crash-{mode}-ubsan-{name}", "64M", cmdline, build="ubsan", status=PANIC,
                      ktap=False, expect=[rf"Kernel panic: UBSAN: {message}", r"Call trace:"])
    yield Row("crash-unnoticed", "64M", 'run="crash poison"', status=FAILED, ktap=False,
              expect=[r"crash poison: not noticed, .*only stops here with\nDEBUG=1 or slub_debug=P"])
    yield Row("crash-unchecked-shift", "64M", 'run="crash ubsan-shift"', status=FAILED, ktap=False,
              expect=[r"needs a kernel built with UBSAN=1"])


# The same where each object, or each page, is watched: name, build, more of the command line, message.
WATCHED = (
    ("kfree-write-kfree", "3G", "slub_debug=F", r"kmalloc-64: object 0x\w+ is freed, but is free already"),
    ("kfree-write-kfree", "debug", "debug_pagealloc=off", r"kmalloc-64: object 0x\w+ is freed, but is free already"),
    ("red-zone", "3G", "slub_debug=ZU,kmalloc-6*", r"allocated by write_behind_object\+(.|\n)*"
     r"kmalloc-64: object 0x\w+, red zone overwritten: byte 64 is 0x1, expected 0xcc"),
    ("poison", "3G", "slub_debug=PU", r"freed by write_late_after_kfree\+(.|\n)*"
     r"kmalloc-64: object 0x\w+, poison overwritten: byte 32 is 0x1, expected 0x6b"),
    ("poison", "debug", "", r"kmalloc-64: object 0x\w+, poison overwritten"),
    ("kmap-late-touch", "debug", "highmem=128M", r"slot 0 was last held for touch_after_kunmap\+"),
    ("kunmap-address", "debug", "highmem=128M", r"panic: kunmap\(0x\w+\): expected the descriptor"),
    ("kmap-touch", "debug", "highmem=128M", r"is in: kmap_local slot 1 of CPU 0"),
    ("free-page-touch", "debug", "", r"page fault: write at \w+, not mapped"),
    ("free-page-write", "debug", "debug_pagealloc=off", r"was written to while it was free: 0x1 at "),
)


SCREEN_ROWS, SCREEN_COLUMNS = 25, 80


def one_report(text):
    """The report of a panic is in one piece, fits on a screen, and begins and ends with the cause."""
    lines = text.rstrip().splitlines()
    causes = [i for i, line in enumerate(lines) if "Kernel panic: " in line]
    if len(causes) < 2 or causes[-1] != len(lines) - 1:
        return "the last line is not 'Kernel panic: ...', or the only one"
    report = lines[causes[-2]:]
    rows = sum(max(1, -(-len(line) // SCREEN_COLUMNS)) for line in report)
    if rows > SCREEN_ROWS:
        return f"the report takes {rows} rows of a screen, expected at most {SCREEN_ROWS}"
    if any(line.startswith("[") for line in lines[causes[0] + 1:]):
        return "there are time stamps in the report"
    return None


def _ends():
    """Panics at the worst moments: the report comes out, and the kernel ends."""
    all_stopped = r"(?:CPU \d, thread '.*', was at .*\n(?: \w+ .*\n|Call trace:\n)*){3}Kernel panic: "
    for mode, cmdline in modes("watchdog_test=1 run="):
        yield Row(f"crash-{mode}-print-storm", "512M", f'{cmdline}"crash print-storm"', smp=4, status=PANIC,
                  ktap=False, check=one_report, expect=[all_stopped + "while others print"])
        yield Row(f"crash-{mode}-panic-everywhere", "512M", f'{cmdline}"crash panic-everywhere"', smp=4,
                  status=PANIC, ktap=False, check=one_report, expect=[all_stopped + "one of many"])
        yield Row(f"crash-{mode}-panic-console", "512M", f'{cmdline}"crash panic-console"', smp=2, status=PANIC,
                  ktap=False, check=one_report,
                  expect=[r"panic: page fault: write at 00000000", r"faulty_write\+(.|\n)*console_register\+"])
        yield Row(f"crash-{mode}-nmi-in-printk", "512M", f'{cmdline}"crash nmi-in-printk"', smp=2, status=PANIC,
                  ktap=False, check=one_report,
                  expect=[r"panic: NMI on CPU \d, which no CPU has sent", r"send_nmi\+(.|\n)*console_register\+"])
        yield Row(f"crash-{mode}-never-ends", "512M", f'{cmdline}"crash never-ends"', smp=2, status=PANIC,
                  ktap=False, check=one_report,
                  expect=[r"panic: watchdog: a test that never ends has not ended within 1 seconds",
                          r"Busy with: a test that never ends", r"crash_by_never_ending\+"])


def _crashes():
    for number, (name, build, more, message) in enumerate(WATCHED):
        for mode, cmdline in modes(f'{more} run="crash {name}"'):
            yield Row(f"crash-{mode}-watched{number}-{name}", "512M", cmdline, build=build,
                      status=PANIC, ktap=False, expect=[message])
    for name, message in CRASHES.items():
        for mode, cmdline in modes(f'run="crash {name}"'):
            yield Row(f"crash-{mode}-{name}", "1G", cmdline, status=PANIC, ktap=False, check=one_report,
                      expect=[message, r"Call trace:", r"Kernel panic: "])
    for mode, cmdline in modes('highmem=128M run="crash kmap-local-irq"'):
        yield Row(f"crash-{mode}-kmap-local-irq", "512M", cmdline, smp=2, status=PANIC, ktap=False,
                  expect=[r"maps frame 0x\w+ for map_and_forget\+(.|\n)*"
                          r"panic: interrupt 0x\w+ returns with 1 kmap_local mapping not undone"])
    # A CPU that is not idle runs a thread of a driver, which may begin at any moment.
    other = r"CPU (\d), thread '(?:idle/\3|(?!idle)[\w/]+)', was at"
    for mode, cmdline in modes('run="crash panic"'):
        yield Row(f"crash-{mode}-smp4", "512M", cmdline, smp=4, status=PANIC, ktap=False,
                  expect=[rf"panic: asked to(.|\n)*?({other}(.|\n)*?){{3}}"])
        yield Row(f"crash-{mode}-stuck-cpu", "512M", cmdline.replace(
            "run=", "watchdog=2 run=").replace("panic", "stuck-cpu"), smp=2, status=PANIC, ktap=False,
            expect=[r"panic: watchdog: CPU 1 has not ticked for 2 seconds", r"CPU 1, thread 'stuck'"])
    yield Row("crash-pae-jump-data", "1G", 'run="crash jump-data"', status=PANIC, ktap=False,
              expect=[r"instruction fetch in kernel mode: not permitted", r"Call trace:"])
    yield Row("crash-nopae-table-after-boot", "1G", 'nopae run="crash table-after-boot"', status=PANIC, ktap=False,
              expect=[r"panic: set_kernel_pde\(f8400000\): 0+ would become \w+ after boot: expected", r"Call trace:"])


# The parts of this table, one to a line.
PARTS = (
    _crashes,
    _ends,
    _undefined,
)
