#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Prints which python3 has some libraries: the first in the path, or the system's, which Debian's
# packages are for.
#
#	tools/python-with.sh matplotlib PIL
set -eu

for python in python3 /usr/bin/python3; do
	if "$python" -c 'import importlib.util, sys
sys.exit(not all(map(importlib.util.find_spec, sys.argv[1:])))' "$@" 2>/dev/null; then
		echo "$python"
		exit 0
	fi
done
echo "tools/python-with.sh: no python3 has $*" >&2
exit 1
