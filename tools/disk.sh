#!/bin/bash
# SPDX-License-Identifier: MIT
#
# disk.sh IMAGE SIZE FOLDER...: makes an image of a disk with an ext2 file system.
#
# Each FOLDER is NAME=PATH: the image has the files of PATH in /NAME, or in its root if NAME is ".".
# SIZE is a number with M or G behind it. BLOCK in the environment is the size of a block.
set -eu
PATH=$PATH:/usr/sbin:/sbin

image=$1 size=$2
shift 2
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
for folder in "$@"; do
	name=${folder%%=*}
	mkdir -p "$tree/$name"
	cp -a "${folder#*=}/." "$tree/$name"
done
rm -f "$image"
truncate -s "$size" "$image"
mke2fs -q -t ext2 -b "${BLOCK:-4096}" -L highland -d "$tree" -E root_owner=0:0 "$image"
