#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints the name of a clang-format of the major version $1; fails if there is none.
for program in "clang-format-$1" clang-format; do
	case $("$program" --version 2>/dev/null) in
	*" version $1."*)
		echo "$program"
		exit 0
		;;
	esac
done
exit 1
