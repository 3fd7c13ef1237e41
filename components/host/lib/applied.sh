#!/usr/bin/env bash
# Part of the prelude: the result of a step, and the note that its settings were applied. Only such settings are what a
# look for drift compares the node with: a step that is new or edited runs by itself.

# Set by the text of a removal: its step is applied no more.
REMOVAL=''

# end_with RESULT: one JSON line on the real standard output, which becomes state.
end_with() {
  [ -n "$LOOK" ] || note_applied "$1" || say "warning: it could not be noted on $(hostname) that this step was applied: it is not looked at for drift"
  printf '%s\n' "$1" >&3 2>/dev/null || true
}

# note_applied RESULT: $PHOENIX_STATE/applied/TAG/NAME has a digest of the settings, salted as they may hold a password,
# and the result. Scripts that are no step say no name.
note_applied() {
  local tag='' name='' note key digest
  load tag=tag name=resource
  [ -n "$tag" ] && [ -n "$name" ] || return 0
  note=$PHOENIX_STATE/applied/$tag/${name//\//%}
  if [ -n "$REMOVAL" ]; then
    rm -f -- "$note"
    return
  fi
  [ -d "${note%/*}" ] || install -d -m 700 -- "$PHOENIX_STATE/applied" "${note%/*}" || return
  [ -s "$PHOENIX_STATE/applied/key" ] || make_key || return
  [ -e "$note" ] || install -m 600 /dev/null "$note" || return
  key=$(<"$PHOENIX_STATE/applied/key") && digest=$(sha256sum <<<"$key$SETTINGS") &&
    printf '%s\n%s\n' "${digest%% *}" "$1" >"$note" && return
  rm -f -- "$note"
  return 1
}

# make_key: the salt of this node's digests; of several steps that make it at once, one does.
make_key() {
  local new=$PHOENIX_STATE/applied/key.$BASHPID
  install -m 600 /dev/null "$new" &&
    printf '%08x%08x%08x%08x\n' "$SRANDOM" "$SRANDOM" "$SRANDOM" "$SRANDOM" >"$new" || return
  ln -T -- "$new" "$PHOENIX_STATE/applied/key" 2>/dev/null || true
  rm -f -- "$new"
  [ -s "$PHOENIX_STATE/applied/key" ]
}
