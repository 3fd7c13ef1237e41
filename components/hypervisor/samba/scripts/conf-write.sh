#!/usr/bin/env bash
# Samba's configuration: our own file with [global] and the shares, and one line in smb.conf that includes it. Both
# are checked by testparm before they replace what the servers read.
# Settings: {text, groups: [name]}
set -euo pipefail

SCRATCH=''
trap '[ -z "$SCRATCH" ] || rm -rf "$SCRATCH"' EXIT

# complaint FILE: what testparm has against a file; empty when nothing. It exits 0 on unknown parameters.
complaint() {
  local said code=0
  said=$(testparm -s "$1" 2>&1 >/dev/null </dev/null 3>&- 9>&-) || code=$?
  if [ "$code" -ne 0 ]; then
    grep -Ev "^(Load smb config files|Error loading services|$)" <<<"$said" | joined | grep . || printf 'it cannot be read\n'
  elif [ "${2:-}" = strict ]; then
    grep -E '^Unknown parameter|^Ignoring|found in service section|^ERROR' <<<"$said" | joined || true
  fi
}

check_files() {
  local text=$1 said share group
  printf '%s\n' "$text" >"$SCRATCH/phoenix.conf"
  without_include >"$SCRATCH/theirs.conf"
  with_include "$SCRATCH/phoenix.conf" "$SCRATCH/theirs.conf" >"$SCRATCH/smb.conf"
  said=$(complaint "$SCRATCH/theirs.conf")
  [ -z "$said" ] || err "$CONF is not usable as it is: $said; nothing was changed: mend it ('testparm -s'), then run again"
  while read -r share; do
    ! sections "$SCRATCH/theirs.conf" | grep -Fx -- "$share" >/dev/null ||
      err "$CONF has a share $share of its own; nothing was changed: remove it there, or give this one another name"
  done < <(sections "$SCRATCH/phoenix.conf")
  while read -r group; do
    getent group "$group" >/dev/null || err "the group $group is not there; nothing was changed: make it, or remove it from valid_users"
  done < <(list groups)
  said=$(complaint "$SCRATCH/phoenix.conf" strict)
  [ -z "$said" ] || err "testparm refuses the shares: $said; nothing was changed: correct samba.shares"
  said=$(complaint "$SCRATCH/smb.conf")
  [ -z "$said" ] || err "testparm refuses the shares together with $CONF: $said; nothing was changed"
}

put_ours() { write_file "$OURS" <"$SCRATCH/phoenix.conf" || true; }

put_include() {
  keep_original "$CONF"
  with_include "$OURS" "$SCRATCH/theirs.conf" >"$SCRATCH/smb.conf"
  write_file "$CONF" "$(stat -c %a "$CONF")" <"$SCRATCH/smb.conf" || true
  changed "wrote the include line into $CONF"
}

main() {
  need_cmd testparm
  read_settings
  local text=''
  load text=text
  lock samba 300
  [ -f "$CONF" ] || err "$CONF is not there; nothing was changed: 'apt-get install --reinstall -o Dpkg::Options::=--force-confmiss samba-common' brings it back"
  SCRATCH=$(mktemp -d /tmp/phoenix-samba.XXXXXX)
  check_files "$text"
  if ! cmp -s "$SCRATCH/phoenix.conf" "$OURS" || ! has_include; then
    looking || note_pending
    cmp -s "$SCRATCH/phoenix.conf" "$OURS" || repair "wrote $OURS" put_ours
    has_include || mend "$CONF does not include $OURS" put_include
  fi
  if ! looking && [ -e "$PENDING" ]; then servers_again; fi
  finish
}

main
