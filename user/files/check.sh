# Commands whose output a test compares.
echo one two | cat | cat
X=5
echo variable $X > /tmp/check
cat < /tmp/check
echo appended >> /tmp/check; cat /tmp/check
false; echo status $?
true && echo and
false || echo or
hello & wait
ls -l /bin | cat
nosuch
echo missing $?
/etc
echo refused $?
