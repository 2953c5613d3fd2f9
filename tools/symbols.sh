#!/bin/sh
# Turns `nm -n` of a kernel on standard input into the C source of its symbol table: addresses of
# functions in rising order, and their names. See kernel/symbols.h.
exec awk '
BEGIN {
	print "struct symbol { unsigned long address; const char *name; };"
	print "extern const struct symbol symbol_table[];"
	print "extern const unsigned int nr_symbols;"
	print "const struct symbol symbol_table[] __attribute__((section(\".symbols\"))) = {"
}
$2 ~ /^[tT]$/ && $3 !~ /^\.|_(start|end)$/ {
	printf "\t{ 0x%sul, \"%s\" },\n", $1, $3
	n++
}
END {
	print "\t{ ~0ul, \"\" }\n};"
	printf "const unsigned int nr_symbols __attribute__((section(\".symbols\"))) = %d;\n", n
}'
