#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints for which widths this machine's compiler makes programs with the address sanitizer: "64 32"
# or "64".
compiler=${HOSTCC:-gcc}

# It prints the path of a library that it has, and else the bare name.
has_library() {
	[ "$($compiler -m32 -print-file-name="$1" 2>/dev/null || echo "$1")" != "$1" ]
}

if has_library libc.so && has_library libasan.so && has_library libgcc.a; then
	echo 64 32
else
	echo 64
fi
