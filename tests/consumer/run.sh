#!/bin/sh
# Builds and runs tests/consumer/main.cpp as a project outside of magpie's would.
# usage: run.sh install | find_package | pkg_config | add_subdirectory | add_subdirectory_shared
# The environment says with what: SOURCE and BUILD (magpie's source and build folder), WORK (scratch, emptied first), CMAKE,
# GENERATOR, CXX, FLAGS, BUILD_TYPE, and PREFIX, where `install` puts magpie.
set -eu

fail() {
  echo "consumer: $*" >&2
  exit 1
}

configure_and_run() { # PROJECT ARGUMENTS...
  project=$1
  shift
  "$CMAKE" -S "$SOURCE/tests/consumer/$project" -B "$WORK/build" -G "$GENERATOR" \
    -D CMAKE_CXX_COMPILER="$CXX" -D CMAKE_CXX_FLAGS="$FLAGS" -D CMAKE_BUILD_TYPE="$BUILD_TYPE" \
    -D CMAKE_EXPORT_COMPILE_COMMANDS=ON "$@"
  "$CMAKE" --build "$WORK/build" --parallel 2
  "$WORK/build/program" || fail "the program is built but ends with status $?"
}

rm -rf "$WORK"
mkdir -p "$WORK"
case $1 in
install)
  rm -rf "$PREFIX"
  "$CMAKE" --install "$BUILD" --prefix "$PREFIX"
  stray=$(find "$PREFIX" -type f ! -name '*.hpp' ! -name 'libmagpie*' ! -name 'magpie*.cmake' ! -name magpie.pc)
  [ -z "$stray" ] || fail "these have no business in an installed magpie: $stray"
  if grep -rl -e "$SOURCE/runtime" -e "$SOURCE/combinators" -e "$BUILD" --include='*.cmake' --include='*.pc' "$PREFIX"; then
    fail "the files above name the folders that magpie was built in"
  fi
  ;;
find_package)
  configure_and_run find_package -D CMAKE_PREFIX_PATH="$PREFIX"
  grep -q "^magpie_DIR:PATH=$PREFIX/" "$WORK/build/CMakeCache.txt" || fail "another magpie than the one in $PREFIX was found"
  ;;
pkg_config)
  command -v pkg-config >/dev/null || fail "pkg-config is missing (Debian: apt-get install pkgconf)"
  package=$(find "$PREFIX" -name magpie.pc)
  PKG_CONFIG_PATH=$(dirname "$package")
  export PKG_CONFIG_PATH
  pkg-config --print-errors --exists magpie
  # shellcheck disable=SC2046,SC2086  # lists of flags
  "$CXX" -std=c++20 $FLAGS "$SOURCE/tests/consumer/main.cpp" $(pkg-config --cflags --libs magpie) -o "$WORK/program"
  LD_LIBRARY_PATH=$(pkg-config --variable=libdir magpie) "$WORK/program" || fail "the program is built but ends with status $?"
  ;;
add_subdirectory | add_subdirectory_shared)
  shared=ON
  if [ "$1" = add_subdirectory ]; then
    shared=OFF
    BUILD_TYPE= # a user who has set nothing gets nothing set
  fi
  configure_and_run add_subdirectory -D MAGPIE_SOURCE="$SOURCE" -D BUILD_SHARED_LIBS="$shared"
  commands=$(grep '"command"' "$WORK/build/compile_commands.json" | grep 'neighbour\.cpp')
  [ -n "$commands" ] || fail "compile_commands.json does not say how the neighbour is compiled"
  case $commands in
  *-Wall* | *-Werror* | *-std=* | *sibling* | *visibility* | *MAGPIE* | *"$SOURCE/runtime"*)
    fail "a target that has nothing to do with magpie is compiled with its flags: $commands" ;;
  esac
  if grep '"command"' "$WORK/build/compile_commands.json" | grep -q -e -Werror; then
    fail "magpie turns warnings into errors in a user's build"
  fi
  ;;
*) fail "unknown: $1" ;;
esac
