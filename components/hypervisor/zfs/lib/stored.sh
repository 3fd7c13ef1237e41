#!/usr/bin/env bash
# What Proxmox VE knows of a storage, who uses it, and how one of ours is taken out again.
. host/lib/lists.sh
. hypervisor/zfs/lib/report.sh

# Set by read_stored.
declare -A STORED=()

# read_stored ID: into STORED what the node's storage.cfg says of a storage, by its keys; `type` is the kind of the
# section. Nothing for one that is not there.
read_stored() {
  local line inside=''
  STORED=()
  while IFS= read -r line; do
    if [[ $line =~ ^([a-z]+):[[:space:]]+([^[:space:]]+) ]]; then
      inside=''
      [ "${BASH_REMATCH[2]}" != "$1" ] || inside=yes STORED[type]=${BASH_REMATCH[1]}
    elif [ -n "$inside" ] && [[ $line =~ ^[[:space:]]+([^[:space:]]+)[[:space:]]*(.*)$ ]]; then
      STORED[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
    fi
  done </etc/pve/storage.cfg
}

# stored KEY: of the storage that was read; '' for none.
stored() { printf '%s' "${STORED[$1]-}"; }

# in_order LIST: names with commas between, in the order of the alphabet.
in_order() { tr ',' '\n' <<<"$1" | sort | paste -sd, -; }

# ensure_content ID CONTENT: its content types are these, in whichever order.
ensure_content() {
  local now wanted
  ! same_list "${STORED[content]-}" "$2" || return 0
  now=$(in_order "$(stored content)")
  wanted=$(in_order "$2")
  repair "storage $1 content" "${now:-none}" "$wanted" pve pvesm set "$1" --content "$wanted"
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

# take_out ID BEHIND: removes a storage that was added by us and that nobody uses from Proxmox VE; then calls BEHIND with its
# id.
take_out() {
  local users
  users=$(users_of "$1" | joined)
  if [ ! -e "$PHOENIX_STATE/storages/$1" ]; then
    say "storage $1 was there before us: kept"
  elif [ -n "$users" ]; then
    warn "storage $1 is still used by $users: kept"
  else
    read_stored "$1"
    if [ -n "$(stored type)" ]; then
      pve pvesm remove "$1" || err "storage $1 could not be removed; Proxmox VE's message is above"
      changed "removed storage $1; its data stays"
    fi
    "$2" "$1"
    rm -f "$PHOENIX_STATE/storages/$1"
  fi
}
