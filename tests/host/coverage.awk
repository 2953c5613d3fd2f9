# SPDX-License-Identifier: MIT
#
# From gcov's annotated sources, a line "count:number:text" each: of the file that is wanted how many lines were
# reached, and those that were not.

BEGIN {
	FS = ":"
}

$3 == "Source" {
	mine = index($4, wanted) > 0
}

mine && $1 ~ /#####/ {
	missed[++nr_missed] = $2 + 0
	text[nr_missed] = substr($0, length($1) + length($2) + 3)
}

mine && $1 ~ /[0-9#]/ {
	lines++
}

# Nothing reached: its tests were not run this time.
END {
	if (nr_missed == lines)
		exit
	printf "coverage %s: %.2f%% of %d lines\n", wanted, 100 * (lines - nr_missed) / lines, lines
	for (i = 1; i <= nr_missed; i++)
		printf "  not reached: %s:%d:%s\n", wanted, missed[i], text[i]
}
