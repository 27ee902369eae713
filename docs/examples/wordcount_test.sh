#!/bin/sh
# usage: wordcount_test.sh WORDCOUNT
# shellcheck source=program_test.sh
. "$(dirname "$0")/program_test.sh"

mkdir -p tree/a/b tree/empty
printf 'One fish two FISH\nred-fish, blue fish.' >tree/a/fish
printf 'caf\303\251 Caf\303\251 \000 x9' >tree/a/b/odd
: >tree/nothing
ln -s ../a tree/empty/link
# Words across the borders of pieces of a megabyte, and one word that is longer than a piece.
awk 'BEGIN { for (i = 0; i < 300000; i++) printf "w%d ", i * 7919 % 1000 }' >tree/large
awk 'BEGIN { for (i = 0; i < 150000; i++) printf "0123456789abcdef" }' >tree/one_word
printf ' end' >>tree/one_word

find tree -type f -exec sh -c 'cat "$1"; echo' sh {} \; | tr 'A-Z' 'a-z' | tr -cs 'a-z0-9\200-\377' '\n' | grep -a . | sort |
  uniq -c | sort -b -k 1,1nr -k 2,2 | awk '{ printf "%8d %s\n", $1, $2 }' >expected
same_for_all_workers --check --top 100000 tree/a tree/large tree/nothing tree/empty tree/one_word
cmp first expected || fail 'not what sort and uniq make of it'
run 0 --top 3 tree
head -n 3 expected | cmp - out || fail '--top 3'
run 0 --top 0 tree
[ ! -s out ] || fail '--top 0 prints something'
cd tree/a || exit
"$program" >../../out 2>../../err || fail 'no PATH'
cd ../..
prints '4 fish'
run 1 tree/a missing
says 'missing: No such file or directory'
run 1 tree/a /dev/null
says '/dev/null: is neither a file nor a directory'
wrong_usage '--top takes a whole number' --top -1
finish
