#!/usr/bin/env bash
# What every other script relies on: root on a Proxmox VE node, jq, and folders for state and logs. The stack registers
# here, and claims the host where it sets it up: one stack does that.
# Settings: step.ts
set -euo pipefail

OWNER=$PHOENIX_STATE/host-owner
STACKS=$PHOENIX_STATE/stacks

# This file exists once any version has set the host up.
MARK=$PHOENIX_STATE/originals/etc/logrotate.d/phoenix_hypervisor

# word KEY: a text or flag of the settings without jq, which may not be installed yet; no such text has a quote in it.
word() { sed -n "s/.*\"$1\":\"\{0,1\}\([A-Za-z0-9_+.-]*\).*/\1/p" <<<"$SETTINGS"; }

# stacks_of_guests: tags of stacks on the node's guests, a line each. Tags in snapshots do not count.
stacks_of_guests() {
  local conf
  for conf in /etc/pve/lxc/*.conf /etc/pve/qemu-server/*.conf; do
    [ ! -e "$conf" ] || sed -n '/^\[/q; s/^tags: *//p' "$conf"
  done | tr ';, ' '\n' | grep -x 'phoenix-[^+]*' | sort -u
}

refuse() {
  local name=$1
  shift
  err "$* Nothing was changed. If only guests are wanted of this stack: pulumi config set phoenix:hostSetup false." \
    "If this stack was renamed from '$name', or is to take its place: pulumi config set phoenix:identity $name"
}

# claim TAG: notes that this stack sets the host up. A host that a version without this note set up may be another stack's.
claim() {
  local holder other tag
  holder=$(host_holder)
  [ "$holder" != "$1" ] || return 0
  [ -z "$holder" ] ||
    refuse "$(stack_of "$holder")" "node '$(hostname)' belongs to stack '$(stack_of "$holder")', which sets it up."
  { [ -e "$MARK" ] || [ -e "$MARK.absent" ]; } || return 0
  other=$(stacks_of_guests) || true
  ! grep -Fx -- "$1" <<<"$other" >/dev/null || return 0
  for tag in $other; do
    [ -e "$STACKS/$tag" ] ||
      refuse "$(stack_of "$tag")" "node '$(hostname)' was set up before, and has guests of stack '$(stack_of "$tag")'" \
        "(tag $tag) and none of this one. If that stack never set it up: rm '$MARK'*, on the node."
  done
}

install_jq() {
  # A node that is just installed has no package lists. Those of a repository without a subscription cannot be
  # fetched yet; the others can.
  apt-get update >&2 || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y jq >&2 ||
    err "jq could not be installed; check the node's package repositories (apt-get update)"
  changed "installed jq"
}

require_node() {
  local version
  [ "$(id -u)" -eq 0 ] || err "the SSH user must be root; this one is $(id -un)"
  command -v pveversion >/dev/null || err "$(hostname) is not a Proxmox VE node (no pveversion)"
  # A look need not wait for Perl.
  ! looking || return 0
  version=$(pveversion)
  case $version in
    pve-manager/8.* | pve-manager/9.*) ;;
    *) err "Proxmox VE 8 or 9 is needed; this node runs $version" ;;
  esac
}

make_folder() {
  install -d -m 750 "$1"
  changed "made $1"
}

# note_owner TAG
note_owner() {
  write_file "$OWNER" <<<"$1" || true
  changed "this stack sets $(hostname) up"
}

forget_owner() {
  remove_file "$OWNER"
  changed "this stack no longer sets $(hostname) up"
}

# register TAG TEXT
register() {
  write_file "$STACKS/$1" <<<"$2" || true
  changed "registered stack '$(word identity)'"
}

main() {
  local folder tag set_up text
  [ -n "$SETTINGS" ] || SETTINGS=$(cat)
  require_node
  tag=$(word tag)
  [ -n "$tag" ] || err "the settings name no stack"
  set_up=$(word setUp)
  lock host-owner 60
  [ "$set_up" != true ] || claim "$tag"
  if ! command -v jq >/dev/null; then
    mend "package jq" missing 'installed (nothing else is looked at without it)' install_jq
    ! looking || report
  fi
  for folder in "$PHOENIX_STATE/guests" "$PHOENIX_STATE/storages" "$STACKS" "$PHOENIX_LOGS"; do
    [ -d "$folder" ] || mend "$folder" missing there make_folder "$folder"
  done
  if [ "$set_up" = true ]; then
    same_text "$OWNER" <<<"$tag" || mend "$OWNER" "$FILE_STATE" "$AS_WRITTEN" note_owner "$tag"
  elif [ "$(host_holder)" = "$tag" ]; then
    mend "$OWNER" there missing forget_owner
  fi
  text=$(jq -S '{identity, needs: (.needs // {})}' <<<"$SETTINGS")
  same_text "$STACKS/$tag" <<<"$text" || mend "$STACKS/$tag" "$FILE_STATE" "$AS_WRITTEN" register "$tag" "$text"
  # Now there is jq, by which the result is noted.
  looking || read_settings
  report
}

main
