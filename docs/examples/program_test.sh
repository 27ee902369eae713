# Read by the tests of the example programs, each with the path of its program as $1: runs it in an empty directory.
set -u
LC_ALL=C
export LC_ALL
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
name=${program##*example_}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
cd "$scratch" || exit
failed=0

fail() {
  printf 'FAILED: %s\n' "$1"
  for shown in out err; do sed "s/^/    $shown: /" $shown | head -n 20; done
  failed=$((failed + 1))
}
# run STATUS ARGUMENTS...: leaves what it wrote in ./out and ./err
run() {
  expected_status=$1
  shift
  "$program" "$@" >out 2>err </dev/null
  status=$?
  [ $status -eq "$expected_status" ] || fail "$name $*: status $status instead of $expected_status"
}
says() { grep -qF -- "$1" err || fail "no message on stderr with: $1"; }
prints() { grep -qF -- "$1" out || fail "no line on stdout with: $1"; }
# The same output with any number of workers; the first is left in ./first.
same_for_all_workers() { # ARGUMENTS...
  run 0 --workers 1 "$@"
  cp out first
  for workers in 2 3 8; do
    run 0 --workers $workers "$@"
    cmp out first || fail "$name $*: another output with $workers workers"
  done
}
wrong_usage() { # MESSAGE ARGUMENTS...
  message=$1
  shift
  run 2 "$@"
  [ ! -s out ] || fail "$name $*: wrong usage, and still it prints something"
  says "$message"
  says "See $name --help."
}
finish() {
  run 0 --help
  prints "usage: $name "
  if [ -w /dev/full ]; then
    "$program" --help >/dev/full 2>err
    [ $? -eq 2 ] || fail '--help to a full device: the status is not 2'
    says 'cannot write to standard output'
  fi
  wrong_usage "there is no option '--nonsense'" --nonsense
  wrong_usage '--workers takes a whole number from 1 to 1024' --workers 0
  wrong_usage '--workers takes a whole number from 1 to 1024' --workers=2x
  wrong_usage '--workers needs a value' --workers
  [ $failed -eq 0 ] && echo 'OK'
  [ $failed -eq 0 ]
}
