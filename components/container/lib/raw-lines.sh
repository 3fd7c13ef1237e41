#!/usr/bin/env bash
# Raw lxc.* lines of a container: an exact set is ours, written above the first [section]; the node remembers which.
. host/lib/lists.sh
. guest/lib/values.sh

# Set by compare_raw: lines that are to come, and that are to go.
RAW_MISSING=() RAW_OBSOLETE=()

raw_note() { printf '%s/guests/%s.raw\n' "$PHOENIX_STATE" "$1"; }

# compare_raw CTID PATH: those that the container has, as read_guest read them, with the list of the settings.
compare_raw() {
  local line maps=''
  local -a wanted=() owned=()
  mapfile -t wanted < <(list "$2")
  [ ! -e "$(raw_note "$1")" ] || mapfile -t owned <"$(raw_note "$1")"
  RAW_MISSING=() RAW_OBSOLETE=()
  for line in "${wanted[@]}"; do
    [[ $line != lxc.idmap* ]] || maps=ours
    is_among "$line" "${RAW[@]}" || RAW_MISSING+=("$line")
  done
  for line in "${RAW[@]}"; do
    ! is_among "$line" "${wanted[@]}" || continue
    # Another map of ids beside ours contradicts it, and the container does not start.
    if is_among "$line" "${owned[@]}" || [[ $maps:$line == ours:lxc.idmap* ]]; then RAW_OBSOLETE+=("$line"); fi
  done
}
