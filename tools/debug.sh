#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Starts a machine that waits for gdb, and gdb with Highland's commands and the symbols of the kernel that runs.
#
#	tools/debug.sh build [GDB-OPTION...] -- qemu-system-i386 [QEMU-OPTION...]
#
# The machine is a child of gdb and ends with it. It must be qemu-system-i386: gdb refuses the registers that
# qemu-system-x86_64 shows of a CPU that is not in 64-bit mode.
set -eu

tools=$(cd "$(dirname "$0")" && pwd)
build=$1
shift
options=()
while [ "$1" != -- ]; do
	options+=("$1")
	shift
done
shift

# e_entry of an ELF file: the physical address of the kernel's first instruction.
entry() {
	od -An -tu4 -j24 -N4 "$build/$1/kernel.elf" | tr -d ' '
}

command -v gdb >/dev/null || {
	echo "debug: gdb is not installed (Debian, Ubuntu: apt-get install gdb)" >&2
	exit 1
}

pae=$(entry pae) nopae=$(entry nopae)
cd "$build"
exec gdb -q -ex "set \$hl_pae_entry = $pae" -ex "set \$hl_nopae_entry = $nopae" \
	-ex "target remote | exec ${*@Q} -gdb stdio -S" -x "$tools/highland.gdb" "${options[@]}"
