#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Starts a machine that waits for gdb, and gdb with Highland's commands and the symbols of the
# kernel that runs.
#
#	tools/debug.sh build [GDB-OPTION...] -- qemu-system-i386 [QEMU-OPTION...]
#	tools/debug.sh build --port PORT -- qemu-system-i386 [QEMU-OPTION...]
#
# With a port, only the machine is started, and waits there for a debugger of the user: an editor
# (.vscode/launch.json), or a gdb in another terminal.
#
# The machine is a child of gdb and ends with it. It must be qemu-system-i386: gdb refuses the
# registers that qemu-system-x86_64 shows of a CPU that is not in 64-bit mode.
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

if [ "${options[0]-}" = --port ]; then
	cd "$build"
	echo "The machine waits for a debugger at 127.0.0.1:${options[1]}; Ctrl-A X ends it"
	exec "$@" -gdb "tcp:127.0.0.1:${options[1]}" -S
fi

command -v gdb >/dev/null || {
	echo "debug: gdb is not installed (Debian, Ubuntu: apt-get install gdb)" >&2
	exit 1
}

# e_entry of the ELF file, the same in both kernels: the physical address of their first
# instruction.
entry=$(od -An -tu4 -j24 -N4 "$build/pae/kernel.elf" | tr -d ' ')
cd "$build"
# On a busy host, QEMU needs more than gdb's two seconds to begin.
exec gdb -q -d "${tools%/*}" -ex "set \$hl_entry = $entry" -ex 'set remotetimeout 60' \
	-ex "target remote | exec ${*@Q} -gdb stdio -S" \
	-x "$tools/gdb/highland.py" -x "$tools/highland.gdb" "${options[@]}"
