#!/usr/bin/env bash
# What Proxmox VE knows of a storage, and who uses it.

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
