#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints the files of the tree whose names match one of the patterns, sorted, a line each: those
# that git knows or would add, or in a tree without git (a tarball, or one of another user) all that
# were not built.
#
#	tools/files.sh '*.c' '*.h'
set -eu
export LC_ALL=C

from_git() {
	[ -e .git ] && git ls-files -co --exclude-standard "$@" 2>/dev/null
}

without_git() {
	for pattern in "$@"; do
		find . -name build -prune -o -name .git -prune -o -name __pycache__ -prune -o \
			-type f -name "$pattern" -print | sed 's|^\./||'
	done
}

{ from_git "$@" || without_git "$@"; } | sort -u | while IFS= read -r path; do
	if [ -e "$path" ]; then # git still lists one that was removed
		printf '%s\n' "$path"
	fi
done
