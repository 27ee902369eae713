#!/bin/sh
# usage: perf/compile_time.sh [--check] [--rounds N] [COMPILER...]      g++ and clang++-22 if none is given
#
# How long a small program with <magpie/magpie.hpp> takes to compile, against the same with <tbb/tbb.h>: by turns, in
# reversed order each second time, processor time of the compiler, ratios taken pair by pair. With --check the exit status
# is 1 if the median of the ratios is above 1. Needs libtbb-dev.
set -eu
cd "$(dirname "$0")/.."
check=no
rounds=11
while [ $# -gt 0 ]; do
  case $1 in
  --check) check=yes ;;
  --rounds)
    rounds=${2:?--rounds needs a number}
    shift
    ;;
  -*)
    sed -n '2p' "$0" | cut -c3- >&2
    exit 2
    ;;
  *) break ;;
  esac
  shift
done
[ $# -gt 0 ] || set -- g++ clang++-22
for tool in "$@"; do
  command -v "$tool" >/dev/null || {
    echo "perf/compile_time.sh: there is no $tool" >&2
    exit 2
  }
done

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'exit 130' INT TERM

# Seconds of processor time, as the machine may be shared. `times` is a special built-in: in a shell of its own, its
# second line is what the compiler, its only child, has used.
compile() { # COMPILER NAME
  sh -c '"$@" && times' sh "$1" -std=c++20 -O2 -I runtime/include -I combinators/include \
    -c "perf/compile_time/with_$2.cpp" -o "$out/$2.o" >"$out/times" || {
    echo "perf/compile_time.sh: $1 does not compile perf/compile_time/with_$2.cpp: see above" >&2
    exit 1
  }
  awk 'NR == 2 { split($1, u, /[ms]/); split($2, s, /[ms]/)
                 printf "%.3f\n", 60 * u[1] + u[2] + 60 * s[1] + s[2] }' "$out/times"
}

# The three quartiles of the numbers in a file.
quartiles() {
  sort -n "$1" | awk '{ v[NR] = $1 }
    function at(part, place, below) {
      place = 1 + part * (NR - 1); below = int(place)
      return below < NR ? v[below] + (place - below) * (v[below + 1] - v[below]) : v[NR]
    }
    END { printf "%.3f %.3f %.3f", at(0.5), at(0.25), at(0.75) }'
}

missed=0
printf '%-12s %-16s %8s   %s\n' compiler what median quartiles
for compiler in "$@"; do
  compile "$compiler" magpie >/dev/null # the files are in memory from here on
  compile "$compiler" tbb >/dev/null
  : >"$out/magpie"
  : >"$out/tbb"
  round=0
  while [ $round -lt "$rounds" ]; do
    if [ $((round % 2)) -eq 0 ]; then order='magpie tbb'; else order='tbb magpie'; fi
    for name in $order; do compile "$compiler" "$name" >>"$out/$name"; done
    round=$((round + 1))
  done
  paste "$out/magpie" "$out/tbb" | awk '{ print $1 / $2 }' >"$out/ratio"
  for row in 'magpie magpie, s' 'tbb oneTBB, s' 'ratio magpie / oneTBB'; do
    # shellcheck disable=SC2046  # three words
    printf '%-12s %-16s %8s   %s .. %s\n' "$compiler" "${row#* }" $(quartiles "$out/${row%% *}")
  done
  median=$(quartiles "$out/ratio")
  if awk "BEGIN { exit !(${median%% *} > 1) }"; then
    echo "$compiler: MISSED: magpie takes longer"
    missed=$((missed + 1))
  fi
done
[ $check = no ] || [ $missed -eq 0 ]
