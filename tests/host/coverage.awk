# SPDX-License-Identifier: MIT
#
# From gcov's report, which has two lines a file, "File 'x'" and "Lines executed:p% of n", the files
# that are wanted.

BEGIN {
	split(wanted, names)
	for (i in names)
		is_wanted[names[i]] = 1
}

/^File / {
	file = $2
	gsub(/'|.*\//, "", file)
}

/^Lines executed/ && file in is_wanted {
	sub(/^Lines executed:/, "")
	printf "coverage %s: %s lines\n", file, $0
	file = ""
}
