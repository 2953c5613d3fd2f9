#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fails if the image ends above a limit, and prints the size of each kernel.
#
#	tools/image-size.sh IMAGE.elf LIMIT KERNEL.elf...
#
# READELF in the environment names the program that reads the files.
set -eu

image=$1
limit=$(($2))
shift 2

# $(extent FILE): first physical address of all segments, and one past the last.
extent() {
	"${READELF:-readelf}" -lW "$1" | while read -r type _ _ paddr _ memsz _; do
		[ "$type" != LOAD ] || echo "$((paddr)) $((paddr + memsz))"
	done | sort -n |
		awk 'NR == 1 { first = $1 } $2 > last { last = $2 } END { print first, last }'
}

kib() {
	echo $((($1 + 1023) / 1024))
}

set -- "$(extent "$image")" "$@"
end=${1#* }
shift
[ "$end" -gt "$limit" ] || exit 0
printf '%s: the image ends at %#x (%s KiB), expected at most %#x (%s KiB)\n' \
	"$image" "$end" "$(kib "$end")" "$limit" "$(kib "$limit")" >&2
for kernel in "$@"; do
	set -- $(extent "$kernel")
	echo "  $kernel takes $(kib $(($2 - $1))) KiB of memory from $(kib "$1") KiB on" >&2
done
echo "  the image holds both without their .bss (boot/image.ld): make one of them smaller" >&2
exit 1
