#!/bin/sh
# Shows that `./dev demo` and `./dev test` need nothing but a bare Debian 12 with git and sh: makes one with debootstrap,
# clones this repository's HEAD into it, and runs both there. Not part of CI: it installs a compiler from scratch.
# usage, as root: tests/chroot/run.sh [COMMAND of ./dev]...      (default: demo test)
# MIRROR, if set, is the Debian mirror to use; else it is the first one in this machine's /etc/apt. KEEP=1 keeps the chroot.
set -eu

suite=bookworm
repository=$(cd "$(dirname "$0")/../.." && pwd)

die() {
  printf 'chroot: %s\n' "$*" >&2
  exit 1
}

[ "$(id -u)" -eq 0 ] || die "this must run as root: it mounts /proc and enters a chroot"
for tool in debootstrap git chroot mount umount; do
  command -v $tool >/dev/null || die "$tool is missing (Debian: apt-get install debootstrap git mount)"
done
[ -z "$(git -C "$repository" status --porcelain)" ] || echo "chroot: what is not committed is not tested" >&2

# The one-line form, `deb [options] URI suite components`, and the deb822 form, `URIs: URI`.
if [ -z "${MIRROR:-}" ]; then
  MIRROR=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/*.sources \
    /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n -e 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\/debian\/\{0,1\}\) .*/\2/p' -e 's/^URIs: *\([^ ]*\/debian\/\{0,1\}\)\( .*\)\{0,1\}$/\1/p' |
    head -n 1)
fi
[ -n "$MIRROR" ] || die "no Debian mirror in /etc/apt; name one: MIRROR=... $0"

place=$(mktemp -d "${TMPDIR:-/tmp}/magpie-chroot.XXXXXX")
# mktemp makes it private; the package manager's own user must get in.
chmod 755 "$place"

clean_up() {
  status=$?
  trap - EXIT INT TERM
  for mounted in sys dev/shm dev proc; do
    if mountpoint -q "$place/$mounted"; then umount "$place/$mounted" || umount -l "$place/$mounted"; fi
  done
  # A mount that is still there would lose its files to rm.
  if grep -q " $place/" /proc/mounts; then
    echo "chroot: $place is left as it is: something in it is still mounted" >&2
  elif [ -z "${KEEP:-}" ]; then
    rm -rf --one-file-system "$place"
  else
    echo "chroot: kept in $place" >&2
  fi
  exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

echo "chroot: debootstrap $suite into $place"
debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$place" "$MIRROR" >"$place.log" 2>&1 ||
  { cat "$place.log" >&2 && rm -f "$place.log" && die "debootstrap failed: see above"; }
rm -f "$place.log"

# How this machine reaches the mirror; none of it is about what is installed.
for file in /etc/resolv.conf /etc/hosts; do
  [ ! -e $file ] || cp -L $file "$place$file"
done
for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
  if [ -f "$file" ] && grep -qi proxy "$file"; then cp -L "$file" "$place$file"; fi
done

mount -t proc proc "$place/proc"
mount --bind /dev "$place/dev"
if mountpoint -q /dev/shm; then mount --bind /dev/shm "$place/dev/shm"; fi
mount --bind /sys "$place/sys"

git clone -q --no-local "$repository" "$place/magpie" || die "git clone failed"

in_chroot() {
  chroot "$place" /usr/bin/env -i HOME=/ PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} "$@"
}

for tool in cmake g++ clang++ python3 ninja make pkg-config sudo; do
  if in_chroot sh -c "command -v $tool" >/dev/null; then die "the chroot is not bare: it has $tool"; fi
done

[ $# -gt 0 ] || set -- demo test
for command in "$@"; do
  echo "chroot: ./dev $command"
  began=$(date +%s)
  in_chroot sh -c "cd /magpie && ./dev $command" </dev/null || die "./dev $command failed on a bare Debian"
  echo "chroot: ./dev $command passed after $(($(date +%s) - began)) s"
done
echo "chroot: passed on a bare Debian 12: $*"
