#!/bin/sh
# Removes @NAME@ and keeps its data. With --purge: also data, keys, ledger and configuration, for ever.
set -e
state=/usr/lib/@NAME@/installed

if [ "$(id -u)" != 0 ]; then echo "uninstall.sh: run it as root" >&2; exit 1; fi
case "$1" in "" | --purge) ;; *) echo "usage: uninstall.sh [--purge]" >&2; exit 2 ;; esac
if [ ! -f "$state/files" ]; then echo "uninstall.sh: @NAME@ is not installed" >&2; exit 1; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$state/." "$work"
script() { if [ -f "$work/scripts/$1" ]; then sh "$work/scripts/$@"; fi; }

script prerm remove
grep -v '^\./etc/' "$work/files" | (cd / && xargs rm -f)
rm -rf /usr/lib/@NAME@ /usr/share/doc/@NAME@
script postrm remove
if [ "$1" = --purge ]; then script postrm purge; fi
echo "@NAME@ is removed"
