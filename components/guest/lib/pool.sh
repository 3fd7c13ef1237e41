#!/usr/bin/env bash
# The pool of Proxmox VE that a guest is a member of. A note beside the guest's others has the one that we put it into; one in
# pools/ has each pool that we made, which goes when it is empty.
# Settings: pool

# Proxmox VE's own file: to ask pveum takes half a second.
POOLS=/etc/pve/user.cfg

# pool_of ID: the pool that has the guest; '' for none.
pool_of() {
  [ ! -e "$POOLS" ] || awk -F : -v id="$1" '$1 == "pool" && index("," $4 ",", "," id ",") { print $2; exit }' "$POOLS"
}

pool_exists() {
  [ -e "$POOLS" ] && awk -F : -v pool="$1" '$1 == "pool" && $2 == pool { found = 1 } END { exit !found }' "$POOLS"
}

# pool_is_empty POOL: neither guests that are there, nor storages, nor pools below it.
pool_is_empty() {
  local ids id
  ids=$(awk -F : -v pool="$1" '
    $1 == "pool" && $2 == pool { print $4 }
    $1 == "pool" && ($2 == pool && $5 != "" || index($2, pool "/") == 1) { full = 1 }
    END { exit full }' "$POOLS") || return 1
  for id in ${ids//,/ }; do
    [ -z "$(compgen -G "/etc/pve/nodes/*/*/$id.conf")" ] && [ -z "$(compgen -G "/etc/pve/*/$id.conf")" ] || return 1
  done
}

made_note() { printf '%s/pools/%s\n' "$PHOENIX_STATE" "${1//\//%}"; }

# make_pool POOL: with those that it lies in.
make_pool() {
  [[ $1 != */* ]] || make_pool "${1%/*}"
  ! pool_exists "$1" || return 0
  mkdir -p -- "$PHOENIX_STATE/pools"
  : >"$(made_note "$1")"
  if ! pve pveum pool add "$1"; then
    rm -f -- "$(made_note "$1")"
    err "pool $1 could not be made; Proxmox VE's message is above"
  fi
  changed "made pool $1"
}

# drop_pool POOL: removes it where we made it and it is empty, and likewise those that it lies in.
drop_pool() {
  local pool=$1
  while [ -e "$(made_note "$pool")" ] && pool_is_empty "$pool"; do
    if pool_exists "$pool"; then
      pve pveum pool delete "$pool" || err "pool $pool could not be removed; Proxmox VE's message is above"
      changed "removed pool $pool, which is empty"
    fi
    rm -f -- "$(made_note "$pool")"
    [[ $pool == */* ]] || return 0
    pool=${pool%/*}
  done
}

# ensure_pool ID GUEST NOTE
ensure_pool() {
  local pool='' now before='' other
  load pool=pool
  lock pools 60 8
  now=$(pool_of "$1")
  if looking; then
    [ "$now" = "$pool" ] || differs "$2 pool" "${now:-none}" "$pool"
    return 0
  fi
  [ ! -e "$3" ] || before=$(<"$3")
  write_file "$3" <<<"$pool" || true
  if [ "$now" != "$pool" ]; then
    make_pool "$pool"
    pve pveum pool modify "$pool" --vms "$1" --allow-move 1 || err "$2 could not join pool $pool; Proxmox VE's message is above"
    changed "$2: pool ${now:-none} -> $pool"
  fi
  for other in "$now" "$before"; do
    [ -z "$other" ] || [ "$other" = "$pool" ] || drop_pool "$other"
  done
}

# leave_pool ID GUEST NOTE MEMBER: takes the guest out of the pool that we put it into, where MEMBER is true; somebody may have
# moved it since.
leave_pool() {
  local pool
  [ -e "$3" ] || return 0
  pool=$(<"$3")
  lock pools 60 8
  if [ "$4" = true ] && [ "$(pool_of "$1")" = "$pool" ]; then
    pve pveum pool modify "$pool" --vms "$1" --delete 1 || err "$2 could not leave pool $pool; Proxmox VE's message is above"
    changed "$2: pool $pool -> none"
  fi
  drop_pool "$pool"
  rm -f -- "$3"
}
