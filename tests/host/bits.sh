#!/bin/bash
# SPDX-License-Identifier: MIT
#
#	tests/host/bits.sh [--built]
#
# Prints the widths of host tests that are built here with the address sanitizer, "64 32" or "64".
# For 32 bits, the compiler needs 32-bit libraries, and the kernel of this machine has to execute
# 32-bit programs: Linux can be configured without that. With --built only the compiler is asked.
compiler=${HOSTCC:-gcc}

# It prints the path of a library that it has, and else the bare name.
has_library() {
	[ "$($compiler -m32 -print-file-name="$1" 2>/dev/null || echo "$1")" != "$1" ]
}

# The dynamic linker is a 32-bit program itself, and each of them names it by this path.
executes_32_bit() {
	/lib/ld-linux.so.2 --version >/dev/null 2>&1
}

if ! { has_library libc.so && has_library libasan.so && has_library libgcc.a; }; then
	echo 64
elif [ "$1" = --built ] || executes_32_bit; then
	echo 64 32
else
	echo "note: the kernel of this machine does not execute 32-bit programs, so the tests" \
		"of tests/host run in 64 bits only" >&2
	echo 64
fi
