#!/bin/bash
# A machine with Debian's systemd in a container, for tests. Root, and a Linux with cgroups v2, needed.
#
#   machine.sh tree CACHE TREE   unpacks a minimal Debian into TREE; makes the archive CACHE when it is not there
#   machine.sh boot NAME TREE STATE   boots it, its changes in memory; prints the process id of its init
#   machine.sh stop NAME STATE   shuts it down and waits for its end
set -euo pipefail

tree() {
  local cache=$1 tree=$2
  if [ ! -s "$cache" ]; then
    local work mirror
    work=$(mktemp -d)
    trap "rm -rf '$work'" EXIT
    # The mirror that this machine has been told to use.
    mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | sort -u | sed -n 1p)
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,libstdc++6,libbpf1 \
      --exclude=tzdata,e2fsprogs,logsave bookworm "$work/tree" "$mirror" >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; exit 1; }
    rm -rf "$work"/tree/var/cache/apt/* "$work"/tree/var/lib/apt/lists/* "$work"/tree/usr/share/{doc,man,locale,info}/*
    # Each machine makes an id of its own.
    rm -f "$work/tree/etc/hostname" && : >"$work/tree/etc/machine-id"
    mkdir -p "$(dirname "$cache")"
    tar --numeric-owner --xattrs -C "$work/tree" -cf - . | zstd -q -3 >"$cache.$$"
    mv "$cache.$$" "$cache"
  fi
  tar --numeric-owner --xattrs -C "$tree" --zstd -xf "$cache"
}

boot() {
  local name=$1 tree=$2 state=$3 nspawn leader up=
  # The program of this namespace alone sees a pure v2 hierarchy; a host may have both.
  setsid unshare --mount bash -c '
    mount --make-rprivate /
    mkdir -p /run/systemd && mount -t tmpfs -o mode=755 tmpfs /run/systemd
    umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mkdir -p "/sys/fs/cgroup/nspawn-$0" && echo $$ >"/sys/fs/cgroup/nspawn-$0/cgroup.procs"
    exec systemd-nspawn --quiet --directory="$1" --machine="$0" --hostname="$0" --register=no --keep-unit \
      --boot --link-journal=no --console=read-only --volatile=overlay --private-network \
      --system-call-filter=bpf --capability=CAP_BPF,CAP_SYS_RESOURCE
  ' "$name" "$tree" </dev/null >"$state/console.log" 2>&1 &
  nspawn=$!
  echo "$nspawn" >"$state/nspawn.pid"
  for _ in $(seq 1200); do
    leader=$(pgrep -P "$nspawn" | head -1 || true)
    if [ -n "$leader" ]; then up=$(nsenter -t "$leader" -a /bin/systemctl is-system-running 2>/dev/null || true); fi
    case "$up" in running | degraded) break ;; esac
    kill -0 "$nspawn" 2>/dev/null || { tail -5 "$state/console.log" >&2; exit 1; }
    sleep 0.05
  done
  case "$up" in running | degraded) echo "$leader" ;; *) echo "systemd did not come up: ${up:-no word}" >&2; exit 1 ;; esac
}

stop() {
  local name=$1 state=$2 nspawn
  nspawn=$(cat "$state/nspawn.pid")
  kill -TERM "$nspawn" 2>/dev/null || true
  for _ in $(seq 200); do kill -0 "$nspawn" 2>/dev/null || break; sleep 0.05; done
  kill -KILL "$nspawn" 2>/dev/null || true
  for kind in unified systemd .; do
    local folder="/sys/fs/cgroup/$kind/nspawn-$name"
    if [ -d "$folder" ]; then find "$folder" -depth -type d -exec rmdir {} \; 2>/dev/null || true; fi
  done
}

"$@"
