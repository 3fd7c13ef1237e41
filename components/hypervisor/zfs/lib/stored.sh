#!/usr/bin/env bash
# What Proxmox VE knows of a storage, who uses it, and how one of ours is taken out again.
. hypervisor/zfs/lib/report.sh

# stored ID KEY: a value of a storage in the node's storage.cfg; for 'type' the kind of the section.
stored() {
  awk -v id="$1" -v key="$2" '
    /^[a-z]+:[ \t]/ { inside = ($2 == id); if (inside && key == "type") { sub(":", "", $1); print $1 } ; next }
    inside && $1 == key { $1 = ""; sub(/^[ \t]+/, ""); print }
  ' /etc/pve/storage.cfg
}

# users_of ID: guests whose configuration names the storage, 'guest 101', a line each.
users_of() {
  local file
  grep -lsE "^[a-z]+[0-9]*: $1:" /etc/pve/lxc/*.conf /etc/pve/qemu-server/*.conf | while read -r file; do
    printf 'guest %s\n' "$(basename "$file" .conf)"
  done || true
}

# volumes_of ID: disks of guests on the storage, whether a guest names them or not, a line each; false when it does not
# answer, with its own words on standard error.
volumes_of() { pvesm list "$1" 9>&- | awk 'NR > 1 && ($3 == "images" || $3 == "rootdir") { print $1 }'; }

# take_out ID BEHIND: a storage that was added by us, and that nobody uses, goes out of Proxmox VE; then BEHIND is run
# with its id.
take_out() {
  local users
  users=$(users_of "$1" | joined)
  if [ ! -e "$PHOENIX_STATE/storages/$1" ]; then
    say "storage $1 was there before us: kept"
  elif [ -n "$users" ]; then
    warn "storage $1 is still used by $users: kept"
  else
    if [ -n "$(stored "$1" type)" ]; then
      pve pvesm remove "$1" || err "storage $1 could not be removed; Proxmox VE's message is above"
      changed "removed storage $1; its data stays"
    fi
    "$2" "$1"
    rm -f "$PHOENIX_STATE/storages/$1"
  fi
}
