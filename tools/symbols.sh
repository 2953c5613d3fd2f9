#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Turns `nm -n` of a kernel on standard input into the C source of its symbol table, which
# kernel/symbols.h describes. The self-tests share one name, since KTAP says which of them runs.
#
# The names are made shorter by byte pair encoding (Gage 1994): the pair of codes that is most
# frequent in all names becomes a code of its own, and so on, 128 times. Each pass takes several
# pairs, as long as they have no code in common, because counting takes most of the time.
export LC_ALL=C
exec awk '
function hex(digits,    i, n) {
	for (i = 1; i <= length(digits); i++)
		n = n * 16 + index("0123456789abcdef", substr(digits, i, 1)) - 1
	return n
}
# The pair as a regular expression: a character in brackets is never special.
function shorten(pair, code,    parts) {
	split(pair, parts, SUBSEP)
	gsub("[" char[parts[1]] "][" char[parts[2]] "]", char[code], names)
	first[code] = parts[1]
	second[code] = parts[2]
}
function choose(    text, len, i, a, b, before, count, pair, best, used, chosen, parts) {
	split("", count)
	split("", used)
	len = length(names)
	a = number[substr(names, 1, 1)]
	for (i = 2; i <= len; i++) {
		b = number[substr(names, i, 1)]
		# Of three equal codes only two are a pair.
		if (a != 10 && b != 10 && !(a == b && before == a))
			count[a, b]++
		before = a
		a = b
	}
	for (chosen = 0; chosen < 8 && codes < 256; chosen++) {
		best = ""
		for (pair in count)
			if (best == "" || count[pair] > count[best] ||
			    (count[pair] == count[best] && pair < best)) {
				split(pair, parts, SUBSEP)
				if (!(parts[1] in used) && !(parts[2] in used))
					best = pair
			}
		if (best == "" || count[best] < 3)
			return chosen
		split(best, parts, SUBSEP)
		used[parts[1]] = used[parts[2]] = 1
		delete count[best]
		shorten(best, codes++)
	}
	return chosen
}
function octal(n) {
	return sprintf("\\%03o", n)
}
BEGIN {
	place = " __attribute__((section(\".symbols\")))"
	for (i = 1; i < 256; i++) {
		char[i] = sprintf("%c", i)
		number[char[i]] = i
	}
	codes = 128
}
$2 ~ /^[tT]$/ && $3 !~ /^\.|_(start|end)$/ {
	address[n++] = hex(tolower($1))
	if (n == 1)
		base = $1
	names = names ($3 ~ /^ktest_/ ? "ktest" : $3) "\n"
}
END {
	while (n && codes < 256 && choose())
		continue
	print "extern const unsigned long symbol_base;"
	print "extern const unsigned char symbol_pairs[][2];"
	print "extern const unsigned char symbol_names[];"
	print "extern const unsigned int symbol_bytes;"
	printf "const unsigned long symbol_base%s = 0x%sul;\n", place, n ? base : "0"
	print "const unsigned char symbol_pairs[][2]" place " = {"
	for (i = 128; i < 256; i++)
		printf "\t{ %d, %d },\n", first[i], second[i]
	print "};\nconst unsigned char symbol_names[]" place " ="
	split(names, name, "\n")
	for (i = 0; i < n; i++) {
		distance = i ? address[i] - address[i - 1] : 0
		line = ""
		for (; distance > 8191; distance -= 8191)
			line = line octal(31) octal(255)
		line = line octal(int(distance / 256)) octal(distance % 256)
		bytes += length(line) / 4 + length(name[i + 1])
		for (j = 1; j <= length(name[i + 1]); j++)
			line = line octal(number[substr(name[i + 1], j, 1)])
		print "\t\"" line "\""
	}
	print "\t\"\";"
	printf "const unsigned int symbol_bytes%s = %d;\n", place, bytes
}'
