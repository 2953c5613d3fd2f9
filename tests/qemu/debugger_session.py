# SPDX-License-Identifier: MIT
"""Runs in gdb, for debugger.py: executes commands where the kernel begins and where it ends, and keeps their output.

debugger.py puts a line in front of this text that sets JOB: the commands, and the file for the answers.
"""

import json
import re
import struct

import gdb

ANSWERS = {}


def ask(command, name=None):
    """Keeps what a command prints. A text of gdb in place of an answer begins with "error: "."""
    try:
        text = gdb.execute(command, to_string=True)
    except gdb.error as error:
        text = f"error: {error}\n"
    ANSWERS[name or command] = text


def ask_held():
    """The reports of the page that `hold` has mapped: its address and frame are not known before."""
    held = re.search(r"^([0-9a-f]{8}) frame (0x[0-9a-f]+) 1 user", ANSWERS.get("hl kmap", ""), re.M)
    if held:
        ask(f"hl where 0x{held[1]}", "where held")
        ask(f"hl page {held[2]}", "page held")


def move_log(distance):
    """Moves the messages in the ring, so that they wrap at the end of the buffer, or of the numbers."""
    ring, process = gdb.parse_and_eval("'kernel/printk.c'::ring"), gdb.selected_inferior()
    start, size = int(ring["bytes"]), int(ring["size"])
    old, turn = bytes(process.read_memory(start, size)), distance % size
    process.write_memory(start, old[-turn:] + old[:-turn] if turn else old)
    for name in ("tail", "head"):
        place = int(ring[name].address)
        process.write_memory(place, struct.pack("<I", int(ring[name]) + distance & 0xffffffff))


def ask_about_logs():
    """The log again: over the end of the buffer, over 2^32, and with a damaged message."""
    ring = gdb.parse_and_eval("'kernel/printk.c'::ring")
    move_log(int(ring["size"]) - 100 - int(ring["tail"]) % int(ring["size"]))
    ask("hl dmesg", "wrapped dmesg")
    move_log((1 << 32) - 100 - int(gdb.parse_and_eval("'kernel/printk.c'::ring")["tail"]))
    ask("hl dmesg", "overflowing dmesg")
    ring = gdb.parse_and_eval("'kernel/printk.c'::ring")
    record = gdb.lookup_type("struct log_record")
    offset = next(field for field in record.fields() if field.name == "length").bitpos // 8
    place = int(ring["bytes"]) + (int(ring["tail"]) + offset) % int(ring["size"])
    gdb.selected_inferior().write_memory(place, b"\xff\xff")
    ask("hl dmesg", "damaged dmesg")


gdb.execute("set pagination off")
gdb.execute("set width 0")
for command in JOB["early"]:  # noqa: F821
    ask(command, f"early {command}")
gdb.execute("hbreak machine_exit")
gdb.execute("continue")
for command in JOB["commands"]:  # noqa: F821
    ask(command)
ask_held()
ask_about_logs()
with open(JOB["answers"], "w", encoding="utf-8") as file:  # noqa: F821
    json.dump(ANSWERS, file)
