#!/usr/bin/env bash
# Files of the node that people and its own interface edit too.
set -euo pipefail

# write_shared PATH: writes standard input to a file whose original is kept once. A digest of our text is noted first, to
# see later whether somebody has changed it since. True when the text differed.
write_shared() {
  local path=$1 note="$PHOENIX_STATE/written$1" text
  text=$(
    cat
    printf x
  )
  if [ -e "$path" ] && printf '%s' "${text%x}" | cmp -s - "$path"; then
    return 1
  fi
  keep_original "$path"
  mkdir -p "$(dirname "$note")"
  write_file "$note" 600 < <(printf '%s' "${text%x}" | sha256sum) || true
  write_file "$path" < <(printf '%s' "${text%x}")
}

# bring_back PATH: restores the original, unless somebody has changed the file since: that change would be lost.
bring_back() {
  local path=$1 note="$PHOENIX_STATE/written$1" copy="$PHOENIX_STATE/originals$1"
  [ -e "$note" ] || return 0
  if [ "$(sha256sum 2>/dev/null <"$path")" != "$(cat "$note")" ]; then
    say "$path was changed by somebody else since: it stays; what it was before is in $copy"
    return 0
  fi
  if restore_original "$path"; then
    changed "brought $path back"
  fi
  remove_file "$note"
}
