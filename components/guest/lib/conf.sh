#!/usr/bin/env bash
# A guest by its configuration file, /etc/pve/lxc/ID.conf or /etc/pve/qemu-server/ID.conf: the same for both kinds.

# conf_title FILE: the guest in messages, such as `CT 910`.
conf_title() {
  local id=${1##*/}
  case $1 in */lxc/*) printf 'CT ' ;; *) printf 'VM ' ;; esac
  printf '%s\n' "${id%.conf}"
}

# conf_exists FILE: ends the step while /etc/pve is empty: the guest may exist all the same.
conf_exists() {
  [ -d "${1%/*}" ] ||
    err "the configuration of Proxmox VE is not there on $(hostname) (/etc/pve is empty); see 'systemctl status pve-cluster'." \
      "Nothing was changed"
  [ -e "$1" ]
}

conf_has_tag() { conf_value "$1" tags | tr ';, ' '\n' | grep -Fx -- "$2" >/dev/null; }

# refuse_foreign FILE TAG: ends the step with an error that names the guest, which is not this stack's.
refuse_foreign() {
  local title name other there
  title=$(conf_title "$1")
  case $title in
    CT*) name=$(conf_value "$1" hostname) other='another CTID, remove that container' ;;
    *) name=$(conf_value "$1" name) other='another vmid, remove that machine' ;;
  esac
  there="$title already exists on node '$(hostname)' as '$name'"
  refuse_other_stack "$there" "$(conf_value "$1" tags)" "$2"
  err "$there and is not of this stack (it has no tag '$2'). It was left untouched. Give the entry $other," \
    "or let this stack take it over: pulumi config set --path 'phoenix:adopt[0]' ${title#* }"
}

require_tag() { conf_has_tag "$1" "$2" || refuse_foreign "$1" "$2"; }

# exists_as_ours FILE TAG: false for a guest that does not exist; ends the step for one that is not this stack's.
exists_as_ours() {
  conf_exists "$1" || return 1
  require_tag "$1" "$2"
}

# require_or_take_over FILE TAG ADOPT: takes over a guest that is not this stack's where ADOPT is true; ends the step else.
require_or_take_over() {
  local title tool=qm
  ! conf_has_tag "$1" "$2" || return 0
  [ "$3" = true ] || refuse_foreign "$1" "$2"
  title=$(conf_title "$1")
  case $title in CT*) tool=pct ;; esac
  pve "$tool" set "${title#* }" --tags "$(conf_value "$1" tags);$2" ||
    err "$title could not be taken over; Proxmox VE's message is above"
  changed "$title taken over"
}

# conf_stands FILE: there is the note that the guest stands, whether it is there or not.
conf_stands() {
  local id=${1##*/}
  id=${id%.conf}
  case $1 in
    */lxc/*) [ -e "$PHOENIX_STATE/guests/$id.standing" ] ;;
    *) [ -e "$PHOENIX_STATE/guests/vm-$id.standing" ] ;;
  esac
}

# refuse_moved FILE NAME TAG: refuses to recreate a guest that somebody has under another id now, as from a backup: it stood,
# it is gone, and one of this stack has its name and never stood under its own id.
refuse_moved() {
  local conf title other kind=lxc key=hostname tool=pct
  title=$(conf_title "$1")
  case $title in VM*) kind=qemu-server key=name tool=qm ;; esac
  if [ -e "$1" ] || ! conf_stands "$1"; then return 0; fi
  for conf in "/etc/pve/$kind"/*.conf /etc/pve/nodes/*/"$kind"/*.conf; do
    if [ ! -e "$conf" ] || conf_stands "$conf" || [ "$(conf_value "$conf" "$key")" != "$2" ] || ! conf_has_tag "$conf" "$3"; then continue; fi
    other=$(conf_title "$conf")
    err "$title ($2) is $other now: somebody moved it. No other is made in its place. Give its entry the id ${other#* }, or" \
      "move it back; to have a new $title instead, take the tag $3 from $other ($tool set ${other#* } --tags ...)"
  done
}

# lock_conf FILE: takes Proxmox VE's own lock of the file, on descriptor 7, so that none of its commands changes it
# meanwhile. `exec 7>&-` releases it.
lock_conf() {
  local title lock
  title=$(conf_title "$1")
  case $title in
    CT*) lock=/run/lock/lxc/pve-config-${title#* }.lock ;;
    *) lock=/var/lock/qemu-server/lock-${title#* }.conf ;;
  esac
  lock_of_proxmox "$lock" 30 || err "Proxmox VE holds the configuration of $title locked"
}

# lock_hint FILE: the end of an error, where a lock that is not ours may be the cause.
lock_hint() {
  local by title tool=qm
  by=$(conf_value "$1" lock)
  [ -n "$by" ] || return 0
  title=$(conf_title "$1")
  case $title in CT*) tool=pct ;; esac
  printf '. It is locked (%s): wait for the task that does it; where none does any more: %s unlock %s' "$by" "$tool" "${title#* }"
}

conf_has_snapshot() { grep -Fxq -- "[$2]" "$1"; }

# failed_inside: ends the step after a function in $( ) has shown an error and failed.
failed_inside() {
  local code=$?
  # shellcheck disable=SC2034 # the prelude reads it
  ERROR_SHOWN=yes
  exit "$code"
}
