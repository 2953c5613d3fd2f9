#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM...: runs host tests (see host.h), prints a line for each and the sum of their
# groups. A program that ends without a plan has died, which counts as one more failure.

passed=0 failed=0
for program in "$@"; do
	log=$program.log
	start=$EPOCHREALTIME
	"./$program" >"$log" 2>&1
	status=$?
	ms=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
	ok=$(grep -c '^ok ' "$log")
	bad=$(grep -c '^not ok ' "$log")
	planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$log")
	if [ "${planned:-none}" != $((ok + bad)) ] || { [ $status != 0 ] && [ "$bad" = 0 ]; }; then
		bad=$((bad + 1))
		groups=$((ok + bad - 1))
		planned=${planned:-missing}
		echo "# $program: exit status $status, $groups groups, plan $planned" >>"$log"
	fi
	if [ "$bad" = 0 ]; then
		echo "ok      $program: $ok passed, $ms ms"
	else
		echo "FAILED  $program: $ok passed, $bad failed, $ms ms; see $log"
		grep -v '^ok ' "$log" | tail -n 60 | sed 's/^/        /'
	fi
	passed=$((passed + ok))
	failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
