#!/usr/bin/env bash
# Removes the file that installs the guest agent after the last machine of this stack that used it. It stays while another
# machine of the cluster names it or another stack needs it, and where somebody changed it.
# Settings: step.ts
. vm/snippets/agent-snippet.sh
set -euo pipefail

# machines_with STORAGE: those whose configuration, or a snapshot's, names the file, as `VM 9000, VM 9001`.
machines_with() {
  { grep -lFs -- "=$(agent_snippet "$1")" /etc/pve/qemu-server/*.conf /etc/pve/nodes/*/qemu-server/*.conf || true; } |
    sed 's,.*/,VM ,; s,\.conf$,,' | sort -u | paste -sd, | sed 's/,/, /g'
}

# stacks_with STORAGE: tags of the stacks that need it.
stacks_with() {
  { find "$(snippet_notes "$1")" -type f ! -name digests -printf '%f\n' 2>/dev/null || true; } | sort | paste -sd, | sed 's/,/, /g'
}

# let_go STORAGE FILE
let_go() {
  if [ -e "$2" ] && ! snippet_is_ours "$1" "$2"; then
    say "$2 stays: somebody changed it"
    return 0
  fi
  if [ -e "$2" ]; then
    remove_file "$2"
    changed "removed $2"
  fi
  if restore_original "$2"; then changed "brought back what was in $2 before"; fi
}

main() {
  local storage='' tag='' file notes users
  need_cmd pvesm jq
  read_settings
  load storage=storage tag=tag
  lock_snippet "$storage"
  notes=$(snippet_notes "$storage")
  rm -f "$notes/$tag"
  # A storage that is gone has no files of ours.
  file=$(pvesm path "$(agent_snippet "$storage")" 2>/dev/null) || file=''
  users=$(machines_with "$storage")
  [ -n "$users" ] || users=$(stacks_with "$storage")
  if [ -n "$users" ]; then
    say "${file:-the file on $storage} stays: it is used by $users"
  else
    [ -z "$file" ] || let_go "$storage" "$file"
    rm -rf "$notes"
  fi
  report
}

main
