#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Tests the page in a browser, or says in one line why it cannot.
#
#	tools/test-web.sh BUILD
#
# BUILD is the folder of everything that is built, with highland.elf and initrd.cpio in it.
set -eu

build=$1

for tool in node npm chromium; do
	if ! command -v "$tool" >/dev/null; then
		echo "Left out: the page in a browser, for want of $tool"
		echo "0 passed, 0 failed, 1 skipped"
		exit 0
	fi
done
if [ ! -e /usr/share/seabios/bios.bin ]; then
	echo "Left out: the page in a browser, for want of seabios"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
# The libraries are fetched once. A machine that cannot reach npm's registry is no fault of the page.
if [ ! -e "$build/npm/node_modules/.package-lock.json" ] &&
	! why=$(npm ping --fetch-retries=0 --fetch-timeout=10000 2>&1); then
	echo "Left out: the page in a browser, because npm does not reach its registry" \
		"($(grep -m 1 -oE '[A-Z]+_[A-Z_]+|E[A-Z]{4,}' <<<"$why" || echo 'npm ping fails'))"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
tools/web.sh "$build/highland.elf" "$build/initrd.cpio" "$build/web" "$build/npm"
exec node web/tests/run.mjs "$build"
