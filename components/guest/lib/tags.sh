#!/usr/bin/env bash
# Options and tags that a container's entry may leave to others.
. guest/lib/options.sh
. guest/lib/owned.sh

# owned_by_entry OPTION…: those of them that the settings have, and the tags, one a line.
owned_by_entry() {
  local key
  for key; do ! given "values.$key" || printf '%s\n' "$key"; done
  while IFS= read -r key; do printf 'tag %s\n' "$key"; done < <(list tags)
}

# want_tags TAG: that of the stack, and those of the entry. Others stay, but for those that were the entry's before.
want_tags() {
  local tag now=${NOW[tags]-} merged=''
  local -a wanted=() there=()
  mapfile -t wanted < <(printf '%s\n' "$1"; list tags)
  now=${now//[, ]/;}
  IFS=';' read -r -a there <<<"$now"
  for tag in "${there[@]}"; do
    is_among "$tag" "${wanted[@]}" || [ -z "${OWNED[tag $tag]-}" ] || continue
    merged+=";$tag"
  done
  for tag in "${wanted[@]}"; do [[ "$merged;" == *";$tag;"* ]] || merged+=";$tag"; done
  same_list "${merged:1}" "$now" ';' || want tags "${merged:1}" "${NOW[tags]-}"
}

# tags_deviate GUEST NOW WANTED
tags_deviate() {
  local tag now=";${2//[, ]/;};"
  while IFS= read -r tag; do
    [[ $now == *";$tag;"* ]] || differs "$1 tags" "without $tag" 'with it'
  done < <(tr ';' '\n' <<<"$3")
  while IFS= read -r tag; do
    [[ ";$3;" == *";$tag;"* ]] || differs "$1 tags" "with $tag" 'without it'
  done < <(tr ',; ' '\n' <<<"$2" | grep . || true)
}
