#!/bin/sh
# Installs @NAME@ @VERSION@ from this folder, or upgrades to it. Nothing is fetched; data is kept.
#   ./install.sh
set -e
cd "$(dirname "$0")"

if [ "$(id -u)" != 0 ]; then echo "install.sh: run it as root: sudo ./install.sh" >&2; exit 1; fi
sha256sum --check --quiet SHA256SUMS || { echo "install.sh: files of this folder are damaged: unpack the archive again" >&2; exit 1; }

state=/usr/lib/@NAME@/installed
before=$(cat "$state/version" 2>/dev/null || true)
script() { if [ -f "scripts/$1" ]; then sh "scripts/$@"; fi; }

if [ -n "$before" ]; then script preinst upgrade "$before"; else script preinst install; fi
list() { (cd root && find . -type f | sort); }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# What an administrator has changed stays.
(cd root && find . -path './etc/*' -type f) | while read -r file; do if [ -e "/$file" ]; then echo "$file"; fi; done >"$work/kept"
# A new file under each name: a program that runs keeps the old one.
umask 022
list >"$work/files"
grep -vxFf "$work/kept" "$work/files" | tar -C root --no-recursion -T - -cf - | tar -C / --unlink-first --no-same-owner -p -xf -
mkdir -p "$state"
# What only the release before had.
if [ -f "$state/files" ]; then comm -23 "$state/files" "$work/files" | (cd / && xargs -r rm -f); fi
cp "$work/files" "$state/files"
[ -d scripts ] && cp -r scripts "$state/"
cp uninstall.sh "$state/"
echo "@VERSION@" >"$state/version"
if command -v restorecon >/dev/null 2>&1; then restorecon -R /usr/lib/@NAME@ 2>/dev/null || true; fi
script postinst configure "$before"
echo "@NAME@ @VERSION@ is installed; remove it with $state/uninstall.sh"
