#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Turns QEMU's exit status into make's: what isa-debug-exit was given, twice and plus one
# (asm/machine.h). QEMU itself ends with status 1 if it cannot make the machine, mostly because its
# RAM, the second argument, is more than the host can give.
case $1 in
0 | 33) exit 0 ;;
35) echo "Something failed (status 35)." >&2 ;;
37) echo "The kernel panicked (status 37)." >&2 ;;
1)
	echo "QEMU ended with status 1." >&2
	echo "If it could not set up guest memory: use a smaller RAM= than RAM=$2." >&2
	;;
124) echo "No end within the time limit." >&2 ;;
*) echo "QEMU ended with status $1." >&2 ;;
esac
exit 1
