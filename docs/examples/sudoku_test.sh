#!/bin/sh
# usage: sudoku_test.sh SUDOKU
# shellcheck source=program_test.sh
. "$(dirname "$0")/program_test.sh"

easy=53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79
easy_solved=534678912672195348198342567859761423426853791713924856961537284287419635345286179
sparse=000000010400000000020000000000050407008000300001090000300400200050100000000806000
sparse_solved=693784512487512936125963874932651487568247391741398625319475268856129743274836159
# Minutes of searching in the order of reading, and some hundred steps of exact cover.
slow=..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9
slow_solved=987654321246173985351928746128537694634892157795461832519286473472319568863745219
impossible=..9.287..8.6..4..5..3.....46.........2.71345.........23.....5..9..4..8.7..125.3..

for strategy in in-order fewest-first exact-cover annealing; do
  run 0 --only $strategy $easy
  prints $easy_solved
done
for strategy in in-order fewest-first exact-cover; do
  run 1 --only $strategy $impossible
  prints 'no solution'
done
run 2 --only annealing $impossible
says 'annealing found no solution'
same_for_all_workers $easy $sparse $slow
printf '%s\n' $easy_solved $sparse_solved $slow_solved | cmp - first || fail 'not the solutions'
printf '# two\n\n%s\r\n%s\n' $easy $sparse | "$program" >out 2>err || fail 'puzzles from standard input'
printf '%s\n' $easy_solved $sparse_solved | cmp - out || fail 'puzzles from standard input: not the solutions'
run 1 $impossible $easy
prints 'no solution'
prints $easy_solved
run 1 "11$(printf '%079d' 0)"
says 'a digit stands twice'
run 0 "$(printf '%081d' 0)"
run 0 --grid $easy
prints '5 3 4 6 7 8 9 1 2'
wrong_usage 'a puzzle has 81 characters, not 3' 123
wrong_usage "character 1 of a puzzle is 'x'" "x$(printf '%080d' 0)"
wrong_usage 'there is no puzzle'
wrong_usage "there is no strategy 'luck'" --only luck $easy
finish
