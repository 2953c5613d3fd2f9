#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints the table of boot/asm_offsets.c as definitions for nasm.
#
#	objcopy -O binary -j .asm_offsets asm_offsets.o table; tools/asm_offsets.sh <table
#
# An entry has 32 bytes: a name of up to 27 characters, zeros, and a value of 4 bytes, lowest first.
set -eu

od -An -v -tu1 -w32 | awk '{
	name = ""
	for (i = 1; i <= 28 && $i; i++)
		name = name sprintf("%c", $i + 0)
	printf "%%define %s %.0f\n", name, $29 + 256 * ($30 + 256 * ($31 + 256 * $32))
}'
