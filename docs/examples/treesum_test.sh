#!/bin/sh
# usage: treesum_test.sh TREESUM
# Holds treesum against the real sha256sum, on trees that nobody wants to have.
# shellcheck source=program_test.sh
. "$(dirname "$0")/program_test.sh"
treesum=$program
trap 'chmod -R u+rwx "$scratch"; rm -rf "$scratch"' EXIT

# What find and sha256sum make of the same PATHS.
reference() {
  find -L "$@" -type f -print0 2>/dev/null | sort -z | xargs -0 -r sha256sum -- 2>/dev/null
}
same_as_reference() { # PATHS...
  reference "$@" >expected
  cmp out expected || fail "treesum $*: not what sha256sum writes"
  sha256sum --strict --status -c out || fail "treesum $*: sha256sum -c does not verify it"
}

# --- Odd, but all in order ---------------------------------------------------------------------------------------------------

mkdir -p 'tree/deep/er/and deeper' tree/empty 'tree/back\slash/below'
# shellcheck disable=SC1003  # a backslash is meant
for name in plain 'with spaces' ' leading' 'trailing ' -dash --workers '\' '\\n' '*' "it's" '"quoted"' '#' \
  'back\slash/below/x' 'back\file' \
  "$(printf 'new\nline')" "$(printf '\nx')" "$(printf 'carriage\rreturn')" "$(printf 'tab\tand\033[31mred')" \
  "$(printf 'gr\303\274n')" "$(printf 'not \377 utf-8')" a a.b a/b; do
  case $name in a/b) name=deep/er/b ;; esac
  printf 'content of %s' "$name" >"tree/$name"
done
: >tree/nothing
: >"$(printf 'tree/empty\nand nothing')"
truncate -s 64M tree/sparse
# Sizes around one chunk of 256 KiB.
for size in 1 262143 262144 262145 524288; do head -c $size /dev/urandom >tree/deep/size$size; done
i=0
while [ $i -lt 200 ]; do
  mkdir -p tree/many/$((i % 7))/$((i % 3))
  echo $i >tree/many/$((i % 7))/$((i % 3))/$i
  i=$((i + 1))
done
ln -s ../plain tree/deep/link
ln -s ../many tree/deep/link_to_directory
long=$(printf '%0250d' 0)
mkdir -p "tree/$long/$long/$long" && echo x >"tree/$long/$long/$long/$long"

run 0 tree
same_as_reference tree
cp out first
says 'tree/new\nline: has a newline in its name'
grep -q "$(printf '\r')" err && fail 'a progress bar, though stderr is no terminal'
for workers in 1 2 16; do
  run 0 --workers $workers tree
  cmp out first || fail "--workers $workers: another result"
  says "; $workers worker"
done
run 0 --workers=1 tree/ tree/plain
cp out given
reference tree/ tree/plain | sort -k 2 >expected
sort -k 2 given | cmp - expected || fail 'two PATHs, one with a slash at its end'
cp given out
sha256sum --strict --status -c out || fail 'two PATHs: sha256sum -c does not verify it'
run 0 tree/plain tree/plain
[ "$(wc -l <out)" -eq 2 ] || fail 'a PATH that is given twice is listed twice'
cd tree || exit
"$treesum" >../out 2>../err || fail 'no PATH'
same_as=$(reference . | cmp - ../out) || fail "no PATH is not the same as . $same_as"
"$treesum" -- -dash --workers >../out 2>../err || fail 'PATHs after --'
[ "$(wc -l <../out)" -eq 2 ] || fail 'PATHs after --: not two lines'
"$treesum" . >sums 2>../err || fail 'output into the tree itself'
sha256sum --strict --status -c sums || fail 'output into the tree itself: sha256sum -c does not verify it'
grep -qF './sums: is the output itself' ../err || fail 'output into the tree itself: no message'
rm sums
cd ..
run 0 tree/empty
[ ! -s out ] || fail 'an empty directory gives no line'

# --- What cannot be read -----------------------------------------------------------------------------------------------------

mkdir -p trouble/a/b
echo good >trouble/good
echo good >trouble/z
ln -s nowhere trouble/broken
ln -s self trouble/self
ln -s two trouble/one
ln -s one trouble/two
ln -s .. trouble/a/b/up
ln -s /dev/null trouble/device
mkfifo trouble/pipe
mkfifo "trouble/$(printf 'pi\npe')"
for workers in 1 4; do
  run 1 --workers $workers trouble missing
  same_as_reference trouble
  says 'trouble/broken: broken symbolic link'
  says 'trouble/self: loop of symbolic links'
  says 'trouble/one: loop of symbolic links'
  says 'trouble/a/b/up: loop: this is trouble/a again'
  says 'trouble/device: is a device'
  says 'trouble/pipe: is a named pipe'
  says 'trouble/pi\npe: is a named pipe'
  says 'missing: No such file or directory'
  says '9 left out'
  [ "$(wc -l <err)" -eq 11 ] || fail 'nine messages and two lines at the end'
done

# Permissions do not stop root.
unprivileged=
[ "$(id -u)" -ne 0 ] || unprivileged='setpriv --reuid 65534 --regid 65534 --clear-groups --'
if [ -n "$unprivileged" ] && ! $unprivileged true 2>/dev/null; then
  echo 'skipped: unreadable files, as this is root and there is no setpriv'
else
  mkdir -p secret/closed secret/no_entry
  for name in mine unreadable closed/x no_entry/x; do echo x >secret/$name; done
  cp "$treesum" copy # where it was built, others may not look
  chmod 755 . copy
  chmod 0 secret/unreadable secret/closed
  chmod 444 secret/no_entry
  $unprivileged ./copy secret >out 2>err
  [ $? -eq 1 ] || fail 'unreadable files: the status is not 1'
  says 'secret/unreadable: Permission denied'
  says 'secret/closed: Permission denied'
  says 'secret/no_entry/x: Permission denied'
  says '3 left out'
  [ "$(cat out)" = "$(cd secret && sha256sum mine | sed 's/mine/secret\/mine/')" ] || fail 'unreadable files: the others are not listed'
fi

# --- What changes while it is read -------------------------------------------------------------------------------------------

# Whether process $1 has read some of the file $2.
reads() {
  for fd in /proc/"$1"/fd/*; do
    case $(readlink "$fd" 2>/dev/null) in
    */"$2") grep -qs '^pos:[[:space:]]*[1-9]' "/proc/$1/fdinfo/${fd##*/}" && return ;;
    esac
  done
  return 1
}

# The file is too large for its end to be seen: once some of it is read, there is time enough to change it.
changes() { # MESSAGE COMMAND...
  message=$1
  shift
  if [ ! -d /proc/self/fd ]; then
    echo "skipped: $message, as /proc is not mounted"
    return
  fi
  mkdir -p moving
  echo steady >moving/steady
  if ! truncate -s 1T moving/huge 2>/dev/null; then
    echo "skipped: $message, as this file system has no sparse file of 1 TiB"
    return
  fi
  "$treesum" moving >out 2>err &
  pid=$!
  while kill -0 $pid 2>/dev/null && ! reads $pid moving/huge; do sleep 0.02; done
  "$@"
  wait $pid
  [ $? -eq 1 ] || fail "$message: the status is not 1"
  says "moving/huge: $message"
  [ "$(cat out)" = "$(sha256sum moving/steady)" ] || fail "$message: the other file is not listed, or this one is"
  rm -r moving
}
changes 'shrank while it was read, from 1099511627776 to 4096 bytes' truncate -s 4096 moving/huge
changes 'shrank while it was read, from 1099511627776 to 0 bytes' truncate -s 0 moving/huge
changes 'grew while it was read, from 1099511627776 to 1099511627777 bytes' truncate -s +1 moving/huge
changes 'was written to while it was read' touch -d @1 moving/huge # a touch without a time may leave the same one

# --- Stopping early ---------------------------------------------------------------------------------------------------------

run 3 --deadline 0s tree
[ ! -s out ] || fail '--deadline 0s lists something'
says 'the deadline passed'
run 0 --deadline 1h tree
sha256sum -c --quiet out || fail 'sha256sum does not agree, under a deadline'

wanted=$(sed -n 1p out)
case $wanted in
\\*) echo 'skipped: --find, as the first name is escaped' ;;
*)
  run 0 --find "${wanted%% *}" tree
  [ "$(wc -l <out)" -eq 1 ] && sha256sum -c --quiet out || fail '--find does not list one file that has the digest'
  ;;
esac
run 1 --find 0000000000000000000000000000000000000000000000000000000000000000 tree
says 'none of these files'
[ ! -s out ] || fail '--find lists what was not looked for'

mkdir -p endless
if truncate -s 1T endless/huge 2>/dev/null; then
  "$treesum" endless >out 2>err &
  pid=$!
  while kill -0 $pid 2>/dev/null && ! reads $pid endless/huge; do sleep 0.02; done
  kill -INT $pid
  wait $pid
  [ $? -eq 130 ] || fail 'interrupted: the status is not 130'
  says 'interrupted: 0 files done, 1 left'
fi
rm -r endless

# --- Output and usage --------------------------------------------------------------------------------------------------------

: >out
"$treesum" trouble/good >/dev/full 2>err
[ $? -eq 2 ] || fail 'a full output: the status is not 2'
says 'cannot write to standard output: No space left'
"$treesum" tree/many >&- 2>err
[ $? -eq 2 ] || fail 'a closed output: the status is not 2'
says 'standard output is closed'
"$treesum" --help >/dev/full 2>err
[ $? -eq 2 ] || fail 'a full output for --help: the status is not 2'

run 0 --help
grep -q '^usage: treesum' out || fail '--help does not show the usage'
for wrong in --deadline --deadline=x --deadline=1 --find --find=12 --workers --workers= --workers=0 --workers=-1 --workers=two --workers=1025 --workers=2x --workers=99999999999 \
  --nonsense -w - ''; do
  run 2 "$wrong"
  [ ! -s out ] || fail "treesum '$wrong' writes something"
  says 'See treesum --help'
done
run 2 --workers tree
says "not 'tree'"

if script -qec true /dev/null >/dev/null 2>&1; then
  truncate -s 2G tree/sparse
  script -qec "'$treesum' tree" err </dev/null >out 2>&1 || fail 'on a terminal'
  for part in '%  ' ' files  ' 'B/s' ; do says "$part"; done
else
  echo 'skipped: the progress bar, as there is no script'
fi

[ $failed -eq 0 ] && echo 'OK'
[ $failed -eq 0 ]
