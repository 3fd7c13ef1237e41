#!/usr/bin/env bash
# The file that has cloud-init install the guest agent, which cloud images come
# without. All machines with that snippets storage share it, those of other stacks too.
. host/lib/once.sh

agent_snippet() { printf '%s:snippets/phoenix-agent.yaml\n' "$1"; }

# snippet_notes STORAGE: a folder with `digests`, those of what was written, and a file for each stack that needs it.
snippet_notes() { printf '%s/snippets/%s\n' "$PHOENIX_STATE" "$1"; }

snippet_text() {
  cat <<'YAML'
#cloud-config
# Written by Phoenix: installs the guest agent at a machine's first start.
package_update: true
packages:
  - qemu-guest-agent
runcmd:
  - [systemctl, start, qemu-guest-agent]
YAML
}

digest_of() { sha256sum | cut -d' ' -f1; }

# snippet_is_ours STORAGE FILE: it is as some run wrote it.
snippet_is_ours() { grep -Fxqs -- "$(digest_of <"$2")" "$(snippet_notes "$1")/digests"; }

# lock_snippet STORAGE: on descriptor 8, as a machine's step holds 9.
lock_snippet() { lock "snippet-$1" 120 8; }

# ensure_snippet STORAGE
ensure_snippet() {
  local file notes text digest
  file=$(asked "snippet-$1" timeout -k 5 60 pvesm path "$(agent_snippet "$1")") || err "storage $1 has no place for snippets; name a dir storage in snippets_storage"
  text=$(snippet_text)
  if looking; then
    same_text "$file" <<<"$text" || differs "$file" "$FILE_STATE" "$AS_WRITTEN"
    return 0
  fi
  lock_snippet "$1"
  notes=$(snippet_notes "$1")
  mkdir -p "$notes" "${file%/*}"
  digest=$(digest_of <<<"$text")
  grep -Fxqs -- "$digest" "$notes/digests" || printf '%s\n' "$digest" >>"$notes/digests"
  [ ! -e "$file" ] || snippet_is_ours "$1" "$file" || keep_original "$file"
  if write_file "$file" <<<"$text"; then changed "wrote $file"; fi
  exec 8>&-
}
