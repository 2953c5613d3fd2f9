#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Collects the files of a release, with checksums, from what make has built.
#
#	tools/release.sh BUILD
#
# The result is BUILD/release/highland-VERSION/. Two runs on one commit give the same bytes: archives are
# sorted, and have the time SOURCE_DATE_EPOCH, or the one that tools/iso.sh takes without it.
set -eu
export LC_ALL=C

build=$1
name=highland-$(cat VERSION)
folder=$build/release/$name
epoch=${SOURCE_DATE_EPOCH:-1577836800}

left_out() {
	echo "Left out: $1" >&2
}

# pack FOLDER NAME: an archive of the folder, which has the name inside.
pack() {
	tar -C "$1" --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw \
		--transform="s,^\.,$2," -cf - . | gzip -9n >"$folder/$2.tar.gz"
}

rm -rf "$folder"
mkdir -p "$folder"
cp "$build/highland.elf" "$folder/$name.elf"
cp "$build/pae/kernel.elf" "$folder/$name-pae-symbols.elf"
cp "$build/nopae/kernel.elf" "$folder/$name-nopae-symbols.elf"
cp "$build/highland.iso" "$folder/$name.iso"
cp CHANGELOG.md LICENSE "$folder"
pack "$build/site" "$name-site"

if ! command -v node >/dev/null || ! command -v npm >/dev/null || [ ! -e /usr/share/seabios/bios.bin ]; then
	left_out "the page in a browser, for want of nodejs npm seabios"
elif ! tools/web.sh "$build/highland.elf" "$build/initrd.cpio" "$build/web" "$build/npm"; then
	left_out "the page in a browser, because npm could not fetch its libraries"
else
	pack "$build/web" "$name-web"
fi

if [ ! -e .git ] || ! git rev-parse HEAD >/dev/null 2>&1; then
	left_out "the archive of the sources, because this tree has no commit"
else
	[ -z "$(git status --porcelain)" ] ||
		echo "The archive of the sources is that of the last commit, without the changes in this tree" >&2
	git archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$folder/$name.tar.gz"
fi

(cd "$folder" && sha256sum -- * >../SHA256SUMS && mv ../SHA256SUMS .)
(cd "$folder" && ls -l -- * | awk '{ printf "%10.1f KiB  %s\n", $5 / 1024, $NF }')
