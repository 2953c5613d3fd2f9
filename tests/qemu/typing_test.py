#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Types at the prompt: much at once over the serial line, and on the keyboard while a mouse moves.

The last line is 'N passed, N failed'.
"""

import re
import sys
import time

from guest import Guest

KERNEL = "build/highland.elf"
PASTED_LINES = 900  # more bytes than the kernel has room for
PATIENCE = 30  # seconds, on a host that is busy

# To the controller by the monitor: auxiliary port on; to the mouse: send what moves.
MOUSE_ON = ("o /1 0x64 0xa8", "o /1 0x64 0xd4", "o /1 0x60 0xf4")


def monitor(guest, command):
    guest.qmp("human-monitor-command", **{"command-line": command})


def type_keys(guest, text):
    for letter in text:
        monitor(guest, "sendkey " + {" ": "spc", "\n": "ret"}.get(letter, letter))
        time.sleep(0.03)


def move_mouse(guest):
    for step in range(20):
        monitor(guest, f"mouse_move {3 + step} {-2 - step}")
    monitor(guest, "mouse_button 1")
    monitor(guest, "mouse_button 0")


def pasted_text():
    """Each line of a long paste is executed, although the first command takes a while."""
    with Guest("64M", KERNEL) as guest:
        text = guest.paste(["sleep 1"] + ["uptime"] * PASTED_LINES + ["nosuchcommand"], "nosuchcommand: unknown")
        found = len(re.findall(r"^up \d", text, re.M))
        if found != PASTED_LINES:
            return f"{found} of {PASTED_LINES} pasted lines were executed"
    return None


def keyboard(mouse_on):
    """Keys arrive whether a mouse was switched on or not."""
    with Guest("64M", KERNEL) as guest:
        for round_number in range(2):
            if mouse_on:
                for command in MOUSE_ON:
                    monitor(guest, command)
            move_mouse(guest)
            type_keys(guest, "uptime\n")
            try:
                text = guest.output(PATIENCE)
            except TimeoutError:
                return f"no answer to keys after the mouse has moved, round {round_number}"
            if not re.search(r"^up \d", text, re.M):
                return f"the answer to `uptime` is {text!r}"
    return None


def num_lock():
    """Keys of the number block are digits once Num Lock was hit."""
    with Guest("64M", KERNEL) as guest:
        for key in ("num_lock", "s", "l", "e", "e", "p", "spc", "kp_0", "kp_enter"):
            monitor(guest, f"sendkey {key}")
            time.sleep(0.03)
        text = guest.output(PATIENCE)
        return None if "usage" not in text and "unknown" not in text else f"`sleep 0` gives {text!r}"


TESTS = {
    "a long text can be pasted": pasted_text,
    "keys with a mouse that is off": lambda: keyboard(False),
    "keys with a mouse that was switched on": lambda: keyboard(True),
    "digits of the number block": num_lock,
}


def main():
    failed = 0
    for name, test in TESTS.items():
        begin = time.monotonic()
        try:
            problem = test()
        except (TimeoutError, EOFError) as error:
            problem = str(error)
        failed += problem is not None
        print(f"{'FAILED' if problem else 'ok':<6} {name} {time.monotonic() - begin:.1f} s"
              + (f": {problem}" if problem else ""), flush=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
