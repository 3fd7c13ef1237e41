#!/usr/bin/env bash
# Lists of texts.

# same_list LIST LIST [SEPARATOR]: whether both have the same parts, in whichever order. Lists of key=value, such as features
# and startup of a guest, are in no fixed order.
same_list() {
  local IFS=${3:-,} part
  local -A counts=()
  set -f
  for part in $1; do counts[_$part]=$((${counts[_$part]-0} + 1)); done
  for part in $2; do counts[_$part]=$((${counts[_$part]-0} - 1)); done
  set +f
  for part in "${counts[@]}"; do [ "$part" = 0 ] || return 1; done
}

# has_item LIST KEY TEXT: whether an item of a list in the settings, which are objects, has that KEY with that text.
has_item() {
  local index=0
  while given "$1.$index.$2"; do
    [ "${SETTING[.$1.$index.$2]}" != "$3" ] || return 0
    index=$((index + 1))
  done
  return 1
}

# is_among TEXT TEXT…: whether the first is one of the others.
is_among() {
  local text=$1 other
  shift
  for other; do [ "$text" != "$other" ] || return 0; done
  return 1
}
