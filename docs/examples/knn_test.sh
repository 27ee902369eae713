#!/bin/sh
# usage: knn_test.sh KNN
# shellcheck source=program_test.sh
. "$(dirname "$0")/program_test.sh"

same_for_all_workers --points 5000 --queries 300 --check
same_for_all_workers --points 3000 --queries 200 --dimensions 20 --k 30 --check
run 0 --points 1 --queries 1 --k 1 --check
printf '0,0\n1 0\n0\t2\n0, 0\n' >points
printf '0 0\n1 1.5\n' >queries
run 0 --k 3 --check points queries
printf '1 0  4 0  2 1\n3 1.11803  2 1.5  1 1.80278\n' | cmp - out || fail 'not the neighbours that one sees'
# Many at one place: the lower number counts as nearer.
awk 'BEGIN { for (i = 0; i < 5000; i++) print i % 3, i % 2 }' >points
same_for_all_workers --k 7 --check points queries
printf '1 2\n3 x\n' >bad
run 2 bad queries
says "bad:2: 'x' is no number"
printf '1 2\n3\n' >bad
run 2 bad queries
says 'bad:2: has 1 numbers, the lines before have 2'
printf '1 2 3\n' >bad
run 2 points bad --k 1
says 'the points have 2 dimensions, the queries 3'
: >bad
run 2 bad queries
says 'bad: is empty'
run 2 queries queries
says 'there are 2 points, fewer than K'
run 2 missing queries
says 'cannot open missing: No such file'
wrong_usage 'missing: a file with the queries' points
wrong_usage '--dimensions takes a whole number from 1 to 64' --dimensions 65
finish
