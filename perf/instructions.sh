#!/bin/sh
# usage: perf/instructions.sh [COMPILER...]      g++ and clang++-22 if none is given
#
# Counts the instructions of magpie's hot paths under callgrind: the same figure again and again on one machine, whatever
# else it does. Prints, for each compiler and path, one line of fields separated by tabs:
#   path  compiler  tasks  instructions  instructions_per_task
# Lines that begin with # are for people.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- g++ clang++-22

for tool in cmake ninja valgrind "$@"; do
  command -v "$tool" >/dev/null || {
    echo "perf/instructions.sh: there is no $tool; on Debian: apt-get install cmake ninja-build valgrind g++ clang-22" >&2
    exit 2
  }
done

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'exit 130' INT TERM

printf '# path\tcompiler\ttasks\tinstructions\tinstructions_per_task\n'
for compiler in "$@"; do
  build=build/instructions/$compiler
  {
    # A build of its own, for the baseline processor: what is counted does not depend on other settings or on the CPU.
    cmake -S . -B "$build" -G Ninja -D CMAKE_CXX_COMPILER="$compiler" -D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_FLAGS= \
      -D MAGPIE_BUILD_TESTS=OFF -D MAGPIE_BUILD_EXAMPLES=OFF -D MAGPIE_BUILD_PERF=ON -D MAGPIE_INSTALL=OFF &&
      cmake --build "$build" --target magpie-paths --parallel "${JOBS:-2}"
  } >"$out/build.log" 2>&1 || {
    cat "$out/build.log" >&2
    echo "perf/instructions.sh: the build with $compiler failed: see above" >&2
    exit 1
  }
  program=$build/perf/magpie-paths
  [ -x "$program" ] || program=$(find "$build" -name magpie-paths -type f | head -n 1)
  printf '# %s\n' "$("$compiler" --version | head -n 1)"
  "$program" --list >"$out/list"
  while read -r path tasks; do
    valgrind --tool=callgrind --callgrind-out-file="$out/callgrind" --collect-atstart=no \
      "$program" "$path" >"$out/log" 2>&1 || {
      cat "$out/log" >&2
      echo "perf/instructions.sh: $path failed under valgrind: see above" >&2
      exit 1
    }
    instructions=$(sed -n 's/^totals: \([0-9]*\).*/\1/p; s/^summary: \([0-9]*\).*/\1/p' "$out/callgrind" | head -n 1)
    [ "${instructions:-0}" -gt 0 ] || {
      echo "perf/instructions.sh: callgrind counted nothing for $path" >&2
      exit 1
    }
    printf '%s\t%s\t%s\t%s\t%s\n' "$path" "$compiler" "$tasks" "$instructions" \
      "$(awk "BEGIN { printf \"%.2f\", $instructions / $tasks }")"
  done <"$out/list"
done
