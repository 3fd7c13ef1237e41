#!/usr/bin/env bash
# Samba's configuration: our own file with [global] and the shares, and one line in smb.conf that includes it. What
# testparm makes of all files together is checked before any of them changes: no share and no value of somebody else may
# change.
# Settings: step.ts
. hypervisor/lib/sharing.sh
. hypervisor/lib/services.sh
. hypervisor/samba/lib/smb-conf.sh
. hypervisor/samba/lib/theirs.sh
. hypervisor/samba/conf/globals.sh
set -euo pipefail

# ours_text KEPT: the text of our file, without the values of [global] whose keys the file KEPT has.
ours_text() {
  printf '%s\n' '# Written by Phoenix from samba.shares; changes here are lost.' '[global]'
  global_lines "$1"
  printf '\n'
  jq -r .text <<<"$SETTINGS"
}

# Checks the file alone: Samba would ignore what it does not understand, and start.
check_ours() {
  local said
  read_conf ours || err "testparm refuses the shares: $(complaint ours); nothing was changed: correct samba.shares"
  said=$(grep -E '^Unknown parameter|^Ignoring|found in service section|^ERROR' "$SCRATCH/ours.said" | joined) || true
  [ -z "$said" ] || err "testparm refuses the shares: $said; nothing was changed: correct samba.shares"
}

# check_home SHARE: a share with a user's name would hide that user's home share.
check_home() {
  local home
  shares_of theirs | grep -Fx homes >/dev/null || return 0
  home=$(getent passwd "$1" | cut -d : -f 6) || return 0
  [ ! -d "$home" ] || warn "the share $1 has the name by which user $1 found his home $home until now ([homes] in $CONF)"
}

check_names() {
  local share group
  while read -r share; do
    check_name "$share"
    check_home "$share"
  done < <(shares_of ours)
  while read -r group; do
    getent group "$group" >/dev/null || err "the group $group is not there; nothing was changed: make it, or remove it from valid_users"
  done < <(list groups)
}

# Checks with testparm, over all files together, that everything else is unchanged and our shares exist.
check_together() {
  local lost
  with_include "$SCRATCH/ours.conf" "$SCRATCH/theirs.conf" >"$SCRATCH/both.conf"
  read_conf both || err "testparm refuses the shares together with $CONF: $(complaint both); nothing was changed"
  lost=$(comm -23 "$SCRATCH/theirs.picture" "$SCRATCH/both.picture" | sed 's/^\([^\t]*\)\t/[\1] /' | joined)
  [ -z "$lost" ] || err "the shares would change what $CONF says: $lost; nothing was changed: give the shares other names"
  lost=$(comm -23 <(awk -F '\t' '$1 != "global" && $2 ~ /^path = /' "$SCRATCH/ours.picture") "$SCRATCH/both.picture" | sed 's/\t.*//' | joined)
  [ -z "$lost" ] || err "Samba would not have the shares $lost together with $CONF; nothing was changed: see 'testparm -s'"
}

put_ours() {
  write_file "$OURS" <"$SCRATCH/ours.conf" || true
  changed "wrote $OURS"
}

put_include() {
  keep_original "$CONF"
  with_include "$OURS" "$SCRATCH/theirs.conf" >"$SCRATCH/smb.conf"
  write_file "$CONF" <"$SCRATCH/smb.conf" || true
  changed "wrote the include line into $CONF"
}

main() {
  read_settings
  lock samba 300
  check_theirs
  ours_text /dev/null >"$SCRATCH/ours.conf"
  check_ours
  check_names
  judge_globals
  ours_text "$SCRATCH/kept" >"$SCRATCH/ours.conf"
  check_together
  if ! same_text "$OURS" <"$SCRATCH/ours.conf" || ! has_include; then
    looking || note_pending
    same_text "$OURS" <"$SCRATCH/ours.conf" || mend "$OURS" "$FILE_STATE" "$AS_WRITTEN" put_ours
    has_include || mend "$CONF" "with $(includes) lines 'include = $OURS'" 'with one' put_include
  fi
  if ! looking && [ -e "$PENDING" ]; then servers_again; fi
  finish
}

main
