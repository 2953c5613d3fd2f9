#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Turns QEMU's exit status into make's: what isa-debug-exit was given, twice and plus one
# (asm/machine.h).
case $1 in
0 | 33) exit 0 ;;
35) echo "Something failed (status 35)." >&2 ;;
37) echo "The kernel panicked (status 37)." >&2 ;;
124) echo "No end within the time limit." >&2 ;;
*) echo "QEMU ended with status $1." >&2 ;;
esac
exit 1
