#!/bin/sh
# usage: matmul_test.sh MATMUL
# shellcheck source=program_test.sh
. "$(dirname "$0")/program_test.sh"

for block in 1 7 48 1000; do
  run 0 --rows 61 --inner 57 --cols 50 --block $block --workers 3
  prints ': right'
  prints 'GFLOP/s'
done
run 0 --size 1
prints ': right'
run 0 --size 150
prints ': right'
run 0 --size 200 --no-check
grep -q right out && fail '--no-check checks'
wrong_usage '--size takes a whole number from 1 to 20000' --size 0
wrong_usage "too much: '3'" 3
finish
