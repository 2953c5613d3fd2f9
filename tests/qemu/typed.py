#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Types at the prompt as a user at a terminal does, and looks at the screen.

The guest's serial line is a terminal of 24 rows and 80 columns that this program plays: it obeys the control
sequences that the kernel sends, and answers where its cursor is. Each check below is a test; the last line is
'N passed, N failed'. One boot in each mode, of some seconds.
"""

import os
import pty
import re
import select
import subprocess
import sys
import time
import tty

ROWS, COLUMNS = 24, 80
PROMPT = "highland> "
MORE = "-- more: Space shows a page, Enter a line, q ends --"
CTRL_C, ESCAPE = "\x03", "\x1b"
QUESTION = f"{ESCAPE}[6n"
READY = f"\r{PROMPT}{ESCAPE}[K"  # the prompt of an empty line


class Screen:
    """A terminal: it shows the bytes that it gets (ECMA-48, as far as the kernel uses it)."""

    def __init__(self):
        self.lines = [""]  # all that was ever shown, without the blanks at the end
        self.column = 0
        self.bells = 0
        self._pending = ""

    def feed(self, text):
        text = self._pending + text
        self._pending = ""
        for part in re.split(r"(\x1b(?:\[[0-9;]*[A-Za-z]|[78]))", text):
            if part.startswith(ESCAPE) and len(part) > 1:
                self._sequence(part)
            elif ESCAPE in part:
                before, _, rest = part.partition(ESCAPE)
                self._plain(before)
                self._pending = ESCAPE + rest
            else:
                self._plain(part)

    def _sequence(self, sequence):
        number = int(re.sub(r"\D", "", sequence[2:]) or 1)
        if sequence.endswith("K"):
            self.lines[-1] = self.lines[-1][:self.column]
        elif sequence.endswith("D"):
            self.column = max(self.column - number, 0)
        elif sequence.endswith("J"):
            self.lines, self.column = [""], 0

    def _plain(self, text):
        for c in text:
            if c == "\n":
                self.lines.append("")
            elif c == "\r":
                self.column = 0
            elif c == "\a":
                self.bells += 1
            else:
                self._put(c)

    def _put(self, c):
        if self.column == COLUMNS:
            self.lines.append("")
            self.column = 0
        line = self.lines[-1].ljust(self.column)
        self.lines[-1] = line[:self.column] + c + line[self.column + 1:]
        self.column += 1


class Terminal:
    """A guest, and the terminal at which somebody sits in front of it."""

    def __init__(self, cmdline, answers=True, kernel="build/highland.elf", machine="pc"):
        self.screen, self._answers, self._unread = Screen(), answers, ""
        self._heard = ""
        self._end, end = pty.openpty()
        tty.setraw(end)
        self._process = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-m", "512M", "-smp", "2", "-cpu", "max", "-machine", machine,
             "-display", "none", "-serial", "stdio", "-no-reboot", "-kernel", kernel, "-append", cmdline],
            stdin=end, stdout=end, stderr=subprocess.STDOUT, start_new_session=True)
        os.close(end)

    def ended(self, seconds=60):
        """The exit status of the guest, which must end by itself."""
        return self._process.wait(seconds)

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._end)

    def wait(self, until=READY, seconds=60):
        """Shows what the guest sends, up to a text; what follows is shown next time."""
        deadline = time.monotonic() + seconds
        while until not in self._unread:
            if not select.select([self._end], [], [], max(deadline - time.monotonic(), 0))[0]:
                self.screen.feed(self._unread)
                raise TimeoutError(f"expected {until!r}, the screen shows\n" + "\n".join(self.screen.lines[-8:]))
            text = os.read(self._end, 4096).decode(errors="replace")
            self._unread += text
            # A question may come in two parts.
            self._heard = self._heard[-len(QUESTION) + 1:] + text
            if self._answers and QUESTION in self._heard:
                self._heard = ""
                self.type(f"{ESCAPE}[{ROWS};1R")
        end = self._unread.index(until) + len(until)
        self.screen.feed(self._unread[:end])
        self._unread = self._unread[end:]

    def type(self, keys):
        os.write(self._end, keys.encode())

    def line(self, keys):
        """The line on the screen after typing `keys`; the line is then given up."""
        self.type(keys + CTRL_C)
        self.wait("^C")
        shown = self.screen.lines[-1]
        self.wait()
        return shown[len(PROMPT):-len("^C")]

    def command(self, line):
        """The lines that a command shows."""
        self.type(line + "\r")
        begin = len(self.screen.lines)
        self.wait()
        return self.screen.lines[begin:-1]


CHECKS = []


def check(test):
    CHECKS.append(test)
    return test


def expect(got, want):
    assert got == want, f"{got!r}, expected {want!r}"


@check
def tab_completes(terminal):
    expect(terminal.line("vmalloci\t"), "vmallocinfo ")
    expect(terminal.line("uptime; zo\t"), "uptime; zoneinfo ")
    expect(terminal.line("selftest lock_o\t"), "selftest lock_order ")
    expect(terminal.line("selftest zones,lock_o\t"), "selftest zones,lock_order ")
    expect(terminal.line("selftest lock_order.a_c\t"), "selftest lock_order.a_circle_of_three_is_found ")
    expect(terminal.line("bench vmap_vunmap_16\t"), "bench vmap_vunmap_16 ")
    expect(terminal.line("crash kfree-\tins\t"), "crash kfree-inside ")
    expect(terminal.line("help zone\t"), "help zoneinfo ")
    expect(terminal.line("help params pag\t"), "help params pager ")
    expect(terminal.line("fill Hi\t"), "fill Hi")  # 512 MiB: there is no such zone
    expect(terminal.line("fill N\t"), "fill Normal ")
    # In the middle of a line, the word that the cursor is in.
    expect(terminal.line("memi meminfo\x01\x1b[1;5C\t"), "meminfo meminfo")


@check
def tab_lists_what_is_possible(terminal):
    begin = len(terminal.screen.lines)
    expect(terminal.line("kmapinfo; mem\t"), "kmapinfo; mem")
    assert "  memblock  meminfo" in terminal.screen.lines[begin:], terminal.screen.lines[begin:]
    bells = terminal.screen.bells
    expect(terminal.line("nosuch\t"), "nosuch")
    expect(terminal.screen.bells, bells + 1)


@check
def tab_lists_what_a_pattern_matches(terminal):
    begin = len(terminal.screen.lines)
    expect(terminal.line("selftest l*order\t"), "selftest l*order")
    assert "  lock_order" in terminal.screen.lines[begin:], terminal.screen.lines[begin:]
    bells = terminal.screen.bells
    expect(terminal.line("selftest *nosuch?\t"), "selftest *nosuch?")
    expect(terminal.screen.bells, bells + 1)


@check
def handles_survive_their_command(terminal):
    lines = terminal.command("alloc 3 Normal; kmalloc 96")
    assert lines[0].startswith("     1  alloc 3 Normal            8  Normal, frames 0x"), lines
    expect(terminal.line("release 1; release 2\t"), "release 1; release 2 ")
    expect(terminal.command("handles")[-1], "2 handles, 8 pages held")
    expect(terminal.command("release 2 1")[-1], "handle 2 released: kmalloc 96")
    expect(terminal.command("handles"), ["0 handles, 0 pages held"])


@check
def watch_repeats_in_place(terminal):
    terminal.type("watch 1 \"uptime; handles\"\r")
    for _ in range(2):
        # A round begins with an empty screen.
        terminal.wait("\x1b[J")
        terminal.wait("0 handles, 0 pages held")
        lines = [line for line in terminal.screen.lines if line]
        expect(lines[0], "every 1 s, Ctrl-C ends it: uptime; handles")
        assert lines[1].startswith("up "), lines
        expect(len(lines), 4)
    terminal.type(CTRL_C)
    terminal.wait()
    # A command that fails is not repeated.
    terminal.type("watch 1 nosuch\r")
    terminal.wait("nosuch: unknown command")
    terminal.wait()


@check
def keys_of_a_shell(terminal):
    expect(terminal.line("one two\x1b[1;5D\x0b"), "one ")
    expect(terminal.line("one two\x17\x01\x19;"), "two;one ")
    bells = terminal.screen.bells
    expect(terminal.line("h\u00fclp"), "hlp")
    expect(terminal.screen.bells, bells + 1)


@check
def a_long_line_scrolls(terminal):
    line = "".join(f"{n:3}" for n in range(100))
    shown = terminal.line(line)
    assert shown.startswith("<") and shown.endswith(" 98 99"), shown
    assert len(PROMPT + shown) < COLUMNS, shown
    terminal.type(line + "\x01")
    terminal.wait(f">{ESCAPE}[K")
    shown = terminal.screen.lines[-1]
    assert shown.startswith(PROMPT + "  0  1") and shown.endswith(">") and len(shown) < COLUMNS, shown
    terminal.line("")


@check
def a_full_line_says_so(terminal):
    begin = len(terminal.screen.lines)
    assert terminal.line("y" * 520).startswith("<yyy")
    expect([line for line in terminal.screen.lines[begin:] if "is full" in line],
           ["The line is full: 511 characters, what follows is lost."])


@check
def long_output_is_paged(terminal):
    terminal.type("help params\r")
    begin = len(terminal.screen.lines)
    for key, rows in (("\r", ROWS - 1), (" ", ROWS), ("q", 2 * ROWS - 1)):
        terminal.wait(MORE)
        expect(len(terminal.screen.lines[begin:-1]), rows)
        terminal.type(key)
    terminal.wait()
    # The question is erased, and nothing follows.
    expect(len(terminal.screen.lines[begin:-1]), 2 * ROWS - 1)
    assert not any("more" in line[:8] for line in terminal.screen.lines[begin:])


@check
def pages_can_be_switched_off(terminal):
    terminal.command("pager off")
    lines = terminal.command("help params")
    assert len(lines) > 2 * ROWS, lines
    expect(terminal.command("pager auto"), [f"pager: auto, the terminal says that it has {ROWS} rows"])


@check
def typed_ahead_keys_are_no_answer(terminal):
    terminal.type("sleep 1; help params\ruptime\r")
    terminal.wait("\nup ")
    terminal.wait()


@check
def ctrl_c_ends_what_runs(terminal):
    for command in ("sleep 1000; uptime", "selftest"):
        begin = len(terminal.screen.lines)
        terminal.type(command + "\r")
        time.sleep(0.5)
        terminal.type("junk" + CTRL_C)
        terminal.wait(seconds=20)
        assert not any(line.startswith("up ") for line in terminal.screen.lines[begin:])
    totals = [line for line in terminal.screen.lines[begin:] if line.startswith("# totals: ")]
    assert len(totals) == 1 and not totals[0].endswith("skip:0"), totals
    expect(terminal.line("x"), "x")


# Commands with lines that are wider: Linux's own formats, and the log.
WIDE = {"slabinfo", "buddyinfo", "vmallocinfo", "dmesg"}
# Commands that run for minutes, end the machine, or change what later commands do.
NOT_TRIED = {"fragment", "selftest", "bench", "scaling", "poweroff", "reboot", "hold", "pager"}


def short_commands(terminal):
    """The commands that `help` lists and that need no argument."""
    lines = [line for line in terminal.command("help") if line.startswith("  ")]
    names = [line.split()[0] for line in lines if line[15] in " ["]
    assert {"help", "meminfo", "kmapinfo"} <= set(names) and "walk" not in names, names
    return [name for name in names if name not in WIDE | NOT_TRIED]


@check
def nothing_is_wider_than_the_screen(terminal):
    terminal.command("pager off")
    for command in ["help params", "walk 0xc0100000", "where 0xc0100000", "selftest list", "bench list",
                    "alloc 0; kmap 1; vmap 1; handles; frame 0x1000; frame 0xc0000; release all",
                    "alloc 0; kmap 1; kunmap 1; kunmap 1 all; kmaplocal 1; release all",
                    "alloc 1 Normal; release all", "bench foo", "fill DMA 100; alloc 10 DMA; release all",
                    "hold foo", "help", *short_commands(terminal)]:
        wide = [line for line in terminal.command(command) if len(line) >= COLUMNS]
        assert not wide, f"{command}: {wide}"
    terminal.command("pager auto")


def no_terminal_no_pages(cmdline):
    """A script at the other end answers nothing, and must never be stopped by a page."""
    terminal = Terminal(cmdline, answers=False)
    try:
        terminal.wait()
        assert len(terminal.command("help params")) > 2 * ROWS
        # A round of `watch` follows the last one.
        terminal.type("watch 1 handles\r")
        for _ in range(2):
            terminal.wait("every 1 s, Ctrl-C ends it: handles")
            terminal.wait("0 handles, 0 pages held")
        expect(sum(line.startswith("every 1 s") for line in terminal.screen.lines), 2)
        terminal.type(CTRL_C)
        terminal.wait()
    finally:
        terminal.close()


def poweroff_ends_the_machine(cmdline):
    """Nothing is printed while the emulator is about to end."""
    terminal = Terminal(cmdline)
    try:
        terminal.wait()
        terminal.type("poweroff\r")
        expect(terminal.ended(), 0)
        try:
            terminal.wait("safe to switch off", seconds=0)
        except (TimeoutError, OSError):
            return
        raise AssertionError("the machine ends, and a message is printed before")
    finally:
        terminal.close()


def poweroff_waits_before_it_says_more(cmdline):
    """A machine without the register of the emulators: a busy emulator would have a second to end."""
    terminal = Terminal(cmdline, machine="pc,acpi=off")
    try:
        terminal.wait()
        terminal.type("poweroff\r")
        begin = time.monotonic()
        terminal.wait("It is now safe to switch off.")
        took = time.monotonic() - begin
        assert took > 1.0, f"the message came after {took:.2f} s, expected more than 1 s"
    finally:
        terminal.close()


def run(name, mode, test, argument):
    try:
        test(argument)
    except (AssertionError, TimeoutError, ValueError, OSError) as error:
        print(f"FAILED  {name} ({mode}): {error}", flush=True)
        return False
    print(f"ok      {name} ({mode})", flush=True)
    return True


def main():
    results = []
    for mode, cmdline in (("PAE", ""), ("non-PAE", "nopae")):
        terminal = Terminal(cmdline)
        try:
            terminal.wait()
            results += [run(test.__name__, mode, test, terminal) for test in CHECKS]
        finally:
            terminal.close()
    for test in (no_terminal_no_pages, poweroff_ends_the_machine, poweroff_waits_before_it_says_more):
        results.append(run(test.__name__, "PAE", test, ""))
    print(f"{sum(results)} passed, {results.count(False)} failed")
    return 1 if False in results else 0


if __name__ == "__main__":
    sys.exit(main())
