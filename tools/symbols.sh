#!/bin/sh
# Turns `nm -n` of a kernel on standard input into the C source of its symbol table: addresses of
# functions in rising order, and their names one after the other. See kernel/symbols.h. The
# self-tests share one name, since KTAP says which of them runs.
exec awk '
BEGIN { place = "__attribute__((section(\".symbols\")))" }
$2 ~ /^[tT]$/ && $3 !~ /^\.|_(start|end)$/ {
	addresses = addresses "\t0x" $1 "ul,\n"
	names = names "\t\"" ($3 ~ /^ktest_/ ? "ktest" : $3) "\\0\"\n"
	n++
}
END {
	print "extern const unsigned long symbol_addresses[];"
	print "extern const char symbol_names[];"
	print "extern const unsigned int nr_symbols;"
	print "const unsigned long symbol_addresses[] " place " = {\n" addresses "\t~0ul\n};"
	print "const char symbol_names[] " place " =\n" names "\t\"\";"
	printf "const unsigned int nr_symbols %s = %d;\n", place, n
}'
