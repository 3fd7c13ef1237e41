#!/usr/bin/env bash
# Files of the node that people and its own interface edit too. Joined in front of a script.
set -euo pipefail

# note_written PATH: what we made of the file, to tell later whether somebody has changed it since.
note_written() {
  local note="$PHOENIX_STATE/written$1"
  mkdir -p "$(dirname "$note")"
  write_file "$note" 600 < <(sha256sum <"$1") || true
}

# bring_back PATH: the file as it was before us, unless somebody has changed it since: that would be lost.
bring_back() {
  local path=$1 note="$PHOENIX_STATE/written$1" copy="$PHOENIX_STATE/originals$1"
  if [ -e "$note" ] && [ "$(sha256sum 2>/dev/null <"$path")" != "$(cat "$note")" ]; then
    say "$path was changed by somebody else since: it stays; what it was before is in $copy"
    return 0
  fi
  if restore_original "$path"; then
    changed "brought $path back"
  fi
  rm -f "$note"
}
