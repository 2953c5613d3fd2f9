#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Builds the page that runs Highland in a browser: a folder that any web server can serve.
#
#	tools/web.sh IMAGE.elf ARCHIVE FOLDER PACKAGES
#
# ARCHIVE has the programs. FOLDER receives the page. PACKAGES is a folder for npm, which fetches the libraries that
# web/package-lock.json names, with their checksums; nothing is fetched again until that file
# changes. The emulated machine boots with the BIOS that Debian's package seabios has.
set -eu

image=$1 archive=$2 folder=$3 packages=$4
modules=$packages/node_modules
bios=/usr/share/seabios

mkdir -p "$packages"
if ! cmp -s web/package-lock.json "$packages/package-lock.json" || [ ! -e "$modules/.package-lock.json" ]; then
	cp web/package.json web/package-lock.json "$packages"
	# Scripts of packages are not run: the three libraries need none.
	if ! (cd "$packages" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error); then
		rm -f "$packages/package-lock.json"
		echo "tools/web.sh: npm could not fetch the libraries of web/package-lock.json" >&2
		exit 1
	fi
fi

# A file that was removed from web/ must not stay in the page.
rm -rf "$folder"
mkdir -p "$folder/lib"
cp web/index.html web/*.css web/*.js "$image" "$archive" "$folder"
# v86 falls back to the second .wasm file in a browser that refuses the first.
cp "$modules/v86/build/libv86.mjs" "$modules"/v86/build/v86{,-fallback}.wasm "$folder/lib"
cp "$modules/@xterm/xterm/lib/xterm.mjs" "$modules/@xterm/xterm/css/xterm.css" "$folder/lib"
cp "$bios/bios.bin" "$folder/lib/bios.bin"
cp "$bios/vgabios-stdvga.bin" "$folder/lib/vgabios.bin"
# The licences of the libraries ask that their texts accompany the copies.
cp "$modules/v86/LICENSE" "$folder/lib/LICENSE.v86.txt"
cp "$modules/@xterm/xterm/LICENSE" "$folder/lib/LICENSE.xterm.txt"
cp LICENSE "$folder/LICENSE.txt"
