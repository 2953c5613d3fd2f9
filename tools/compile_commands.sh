#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Writes compile_commands.json for the PAE kernel: "SOURCE" lines on standard input, the compiler
# and its flags as arguments.
echo '['
awk -v dir="$PWD" -v cmd="$*" '
{
	gsub(/\\/, "\\\\", cmd)
	gsub(/"/, "\\\"", cmd)
	printf "%s{ \"directory\": \"%s\", \"file\": \"%s\", \"command\": \"%s -c %s\" }", \
		(NR > 1 ? ",\n" : ""), dir, $0, cmd, $0
}
END { print "\n]" }'
