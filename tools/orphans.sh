#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fails if a kernel has a section in memory that linker.ld does not name, for example that of a new
# linker set. The linker would put such a section between two others. Then the next one does not
# begin on a page, and the kernel cannot protect it.
#
#	tools/orphans.sh KERNEL.elf
#
# READELF in the environment names the program that reads the file.
set -eu

sections=$("${READELF:-readelf}" -SW "$1")

# After the number in brackets, the first word of a line is the name, and the seventh has the
# flags: a section with the flag A takes memory.
orphans=$(echo "$sections" | awk '
	FNR == NR {
		if ($1 ~ /^\.[a-z]/)
			known[$1] = 1
		next
	}
	{
		sub(/^ *\[ *[0-9]+\] /, "")
	}
	$7 ~ /A/ && !($1 in known) {
		print $1
	}' linker.ld -)

# The sections of a set with ranks are called SET_RANK.
for section in $orphans; do
	set=${section%_[1-9][0-9][0-9]}
	[ "$set" = "$section" ] && records=$set || records="SORT_BY_NAME(${set}_*)"
	printf '%s: linker.ld does not name the section "%s"\n' "$1" "$section" >&2
	printf '  for a new linker set, add these lines to .rodata in linker.ld:\n' >&2
	printf '\t\t%s\n' "__start_$set = .;" "KEEP(*($records))" "__stop_$set = .;" >&2
done
[ -z "$orphans" ]
