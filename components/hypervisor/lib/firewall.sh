#!/usr/bin/env bash
# Rules of ufw, each with the area that wants it (its owner).
#
# $PHOENIX_STATE/firewall/OWNER has an owner's rules: `+RULE` was made by us, `=RULE` existed before. A rule is removed
# when it was made by us and its last owner no longer wants it.
set -euo pipefail

FIREWALL_STATE=$PHOENIX_STATE/firewall

firewall_there() { command -v ufw >/dev/null; }

# firewall_reason OUTPUT: ufw's error; after a syntax error it prints its whole usage.
firewall_reason() { grep -m 1 '^ERROR' <<<"$1" || tail -n 1 <<<"$1"; }

# firewall_delete RULE: the arguments of `ufw` that remove a rule. ufw refuses `delete route …`.
firewall_delete() {
  case $1 in
    'route '*) printf 'route delete %s' "${1#route }" ;;
    *) printf 'delete %s' "$1" ;;
  esac
}

# firewall_ufw ARGUMENT…: ufw's output on standard output; ends the step with it when ufw fails.
firewall_ufw() {
  local said
  said=$(ufw "$@" 2>&1 </dev/null 3>&- 9>&-) ||
    err "ufw refused '$*': $(firewall_reason "$said"); see 'ufw status' and 'ufw show added' on the node"
  printf '%s\n' "$said"
}

# firewall_has RULE: whether ufw has it already; then it would skip it, for IPv4 and IPv6.
firewall_has() {
  local -a words
  local said
  read -ra words <<<"$1"
  said=$(firewall_ufw --dry-run "${words[@]}") || exit 1
  said=$(grep -Ev '^(WARN|$)' <<<"$said") || true
  grep -q '^Skipping adding existing rule' <<<"$said" && ! grep -qv '^Skipping adding existing rule' <<<"$said"
}

# firewall_contrary RULE: a rule of the node's own that contradicts it for the same traffic.
firewall_contrary() {
  firewall_ufw show added | sed -n 's/^ufw //p' | grep -Fx -e "deny ${1#allow }" -e "reject ${1#allow }" -e "limit ${1#allow }"
}

# firewall_ours RULE: whether we made it, for whichever owner.
firewall_ours() { grep -rFxqs --exclude='.phoenix.*' -- "+$1" "$FIREWALL_STATE"; }

# firewall_note OWNER LINE…: writes the note of the owner's rules, atomically.
firewall_note() {
  local owner=$1
  shift
  mkdir -p "$FIREWALL_STATE"
  if [ "$#" -eq 0 ]; then
    remove_file "$FIREWALL_STATE/$owner"
  else
    write_file "$FIREWALL_STATE/$owner" 600 < <(printf '%s\n' "$@") || true
  fi
}

# firewall_add OWNER RULE: notes it first, so that an interrupted run leaves no rule without a note.
firewall_add() {
  local owner=$1 rule=$2 mark='=' contrary
  local -a words lines=()
  [ ! -e "$FIREWALL_STATE/$owner" ] || mapfile -t lines <"$FIREWALL_STATE/$owner"
  if ! firewall_has "$rule"; then
    if contrary=$(firewall_contrary "$rule"); then
      say "warning: ufw has '$contrary', made by somebody else; it stays, and '$rule' is not added"
      return 0
    fi
    firewall_ours "$rule" || lines+=("+$rule")
    firewall_note "$owner" "${lines[@]}"
    read -ra words <<<"$rule"
    firewall_ufw "${words[@]}" >/dev/null
    changed "firewall: $rule"
  fi
  ! firewall_ours "$rule" || mark='+'
  printf '%s\n' "${lines[@]}" | grep -Fx -e "+$rule" -e "=$rule" >/dev/null || firewall_note "$owner" "${lines[@]}" "$mark$rule"
}

# firewall_missing RULE…: those that ufw lacks, one a line; none that a rule of somebody else contradicts.
firewall_missing() {
  local added rule
  added=$(firewall_ufw show added) || exit 1
  for rule; do
    # ufw itself knows rules that it spells in another way.
    [[ $'\n'$added$'\n' == *$'\n'"ufw $rule"$'\n'* ]] || firewall_has "$rule" || firewall_contrary "$rule" >/dev/null ||
      printf '%s\n' "$rule"
  done
}

# firewall_drop OWNER RULE: removes it from the owner's rules, and from ufw when no other owner needs it.
firewall_drop() {
  local owner=$1 rule=$2 path other=''
  local -a words lines=()
  for path in "$FIREWALL_STATE"/*; do
    [ "${path##*/}" = "$owner" ] || ! grep -Fxqs -e "+$rule" -e "=$rule" "$path" || other=$path
  done
  if [ -z "$other" ] && grep -Fxq -- "+$rule" "$FIREWALL_STATE/$owner" && firewall_has "$rule"; then
    read -ra words <<<"$(firewall_delete "$rule")"
    firewall_ufw "${words[@]}" >/dev/null
    changed "firewall: removed $rule"
  fi
  mapfile -t lines < <(grep -Fxv -e "+$rule" -e "=$rule" "$FIREWALL_STATE/$owner")
  firewall_note "$owner" "${lines[@]}"
}

# firewall_allow OWNER RULE…: sets the owner's rules; a rule is the arguments of `ufw`, as one word.
firewall_allow() {
  local owner=$1 rule line
  local -a old=()
  shift
  if ! firewall_there; then
    say "ufw is not installed: no firewall rule for $owner is needed"
    return 0
  fi
  if looking; then
    while read -r rule; do differs "ufw rule '$rule'" missing there; done < <(firewall_missing "$@")
    return 0
  fi
  firewall_lock
  [ ! -e "$FIREWALL_STATE/$owner" ] || mapfile -t old <"$FIREWALL_STATE/$owner"
  # A rule that ufw does not understand ends the step here, before any other is added.
  for rule; do firewall_has "$rule" || true; done
  for rule; do firewall_add "$owner" "$rule"; done
  for line in "${old[@]}"; do
    printf '%s\n' "$@" | grep -Fx -- "${line#[+=]}" >/dev/null || firewall_drop "$owner" "${line#[+=]}"
  done
  exec 8>&-
}

# firewall_forget OWNER: removes its rules; those that existed before and those that others need stay.
firewall_forget() {
  local owner=$1 line
  local -a old=()
  [ -e "$FIREWALL_STATE/$owner" ] || return 0
  if ! firewall_there; then
    remove_file "$FIREWALL_STATE/$owner"
    return 0
  fi
  firewall_lock
  mapfile -t old <"$FIREWALL_STATE/$owner"
  for line in "${old[@]}"; do firewall_drop "$owner" "${line#[+=]}"; done
  exec 8>&-
}

# One area at a time; descriptor 9 is the script's own lock.
firewall_lock() { lock firewall 60 8; }
