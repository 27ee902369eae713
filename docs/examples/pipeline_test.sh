#!/bin/sh
# usage: pipeline_test.sh PIPELINE
# shellcheck source=program_test.sh
. "$(dirname "$0")/program_test.sh"

run 0 make 50000 in
[ "$(wc -l <in)" -eq 50000 ] || fail 'make writes another number of lines'
for workers in 1 2 5; do
  run 0 --check --workers $workers --batch 4000 in out$workers
  says 'check: right'
done
cmp out1 out2 && cmp out1 out5 || fail 'another output with other workers'
run 0 --check --workers 3 --batch 64 --in-flight 1 in out1
cmp out1 out2 || fail 'another output with tiny batches'

printf '1700000000,sensor-17,-3.25\nnonsense\n\n0,a,1e3\n1,,5\n1,b,-300\n-5,c,1\n9,d,1,2\n253402300799,end,0' >odd
run 1 --check odd odd.out
printf '2023-11-14T22:13:20Z sensor-17 26.15\n1970-01-01T00:00:00Z a 1832.00\n9999-12-31T23:59:59Z end 32.00\n' |
  cmp - odd.out || fail 'not the lines that one expects'
says '9 lines, 6 left out'
: >nothing
run 0 --check nothing nothing.out
[ ! -s nothing.out ] || fail 'nothing in, something out'
head -c 3000000 /dev/zero | tr '\0' x >endless
run 2 endless endless.out
says 'endless: has a line of more than a megabyte'
run 2 missing out
says 'cannot open missing: No such file'
run 2 . out
says 'cannot read .: Is a directory'
run 2 in in
says 'in: is the input itself'
[ -s in ] || fail 'the input is lost'
if [ -w /dev/full ]; then
  run 2 in /dev/full
  says 'cannot write /dev/full: No space left'
fi
wrong_usage 'missing: an input and an output file' in
wrong_usage 'make takes a number of lines' make many out
wrong_usage "too much: 'd'" b c d
finish
