#!/usr/bin/env bash
# Part of the prelude: files of the node that are rewritten, and what they were before.
#
# A file that is there keeps its mode, owner, ACL and extended attributes, and a link stays a link. What is written is
# on the disk before it takes the file's place.

# Set by real_file.
REAL=''

# real_file PATH: into REAL the path, or the file that it is a link to.
real_file() {
  REAL=$1
  [ -e "$1" ] || [ -L "$1" ] || return 0
  if [ -L "$1" ]; then
    REAL=$(readlink -f -- "$1") || REAL=''
    [ -f "$REAL" ] ||
      err "$1 is a link to $(readlink -- "$1"), where no file is; make $1 a file, or a link to one, and run again. It is unchanged"
  fi
  [ -f "$REAL" ] || err "$1 is no file but a $(stat -c %F -- "$1"); move it away, and run again. It is unchanged"
}

# part_of PATH: the beginning of the name under which a file is written before it takes its place.
part_of() { printf '%s/.phoenix.%s' "${1%/*}" "${1##*/}"; }

# new_part PATH: a new file of such a name.
new_part() { mktemp "$(part_of "$1").$PROCESS_KEY.XXXXXX"; }

# remove_parts PATH: what a run that was killed left beside the file; not what another one is writing now.
remove_parts() {
  local begin left key
  begin=$(part_of "$1")
  # Earlier versions named no process.
  for left in "$begin".??????; do
    [ ! -e "$left" ] || rm -f -- "$left"
  done
  for left in "$begin".*-*.??????; do
    key=${left#"$begin".}
    ! gone "${key%.*}" || rm -f -- "$left"
  done
}

# remove_file PATH: a file that `write_file` wrote.
remove_file() { remove_parts "$1" && rm -f -- "$1"; }

# The cluster's file system gives every file its mode and owner itself, and allows no others.
on_cluster() { [[ $1 == /etc/pve/* ]]; }

# take_attributes FROM TO [OPTION]: all attributes but the time of the last change, unless an OPTION of cp says otherwise.
take_attributes() {
  on_cluster "$2" || cp --attributes-only --preserve=all "${3:---no-preserve=timestamps}" -- "$1" "$2"
}

# take_place NEW PATH: renames a finished file to its name, and survives a power failure.
take_place() {
  sync -- "$1" && mv -fT -- "$1" "$2" || return 1
  sync -- "${2%/*}" || true
}

# store_file PATH [MODE]: writes standard input to a file, atomically. Returns 0 when the text differed, 1 when it did not,
# 2 when it could not be written. MODE is for files that are ours alone, whatever mode they had.
store_file() {
  local mode=${2:-} new
  real_file "$1"
  remove_parts "$REAL"
  # As a condition, the function runs without `set -e`.
  new=$(new_part "$REAL") || return 2
  if ! cat >"$new"; then
    rm -f -- "$new"
    return 2
  fi
  if [ -e "$REAL" ] && cmp -s -- "$new" "$REAL"; then
    rm -f -- "$new"
    return 1
  fi
  if [ -z "$mode" ] && [ -e "$REAL" ]; then
    take_attributes "$REAL" "$new"
  else
    on_cluster "$new" || chmod "${mode:-644}" "$new"
  fi && take_place "$new" "$REAL" && return 0
  rm -f -- "$new"
  return 2
}

# write_file PATH [MODE]: the same; true when the text differed.
write_file() {
  local code=0
  store_file "$@" || code=$?
  [ "$code" -ne 2 ] || err "$1 could not be written; it is unchanged"
  return "$code"
}

# put_copy COPY PATH: a copy of the file, with all that it has, in its place.
put_copy() {
  local new
  real_file "$2"
  remove_parts "$REAL"
  if ! { new=$(new_part "$REAL") && cat -- "$1" >"$new" && take_attributes "$1" "$new" --preserve=timestamps && take_place "$new" "$REAL"; }; then
    err "$2 could not be brought back from $1; it is unchanged"
  fi
}

original_of() { printf '%s/originals%s\n' "$PHOENIX_STATE" "$1"; }

# keep_original PATH: called before the first change of a file that is not ours: keeps a copy, or a note that there was no
# file.
keep_original() {
  local copy
  copy=$(original_of "$1")
  if [ -e "$copy" ] || [ -e "$copy.absent" ]; then
    return 0
  fi
  real_file "$1"
  mkdir -p "$(dirname "$copy")"
  if [ -e "$REAL" ]; then
    cp -a -- "$REAL" "$copy.new"
    take_place "$copy.new" "$copy" || err "no copy of $1 could be kept in $copy; $1 is unchanged"
  else
    : >"$copy.absent"
  fi
}

# restore_original PATH: undoes keep_original; false when there is nothing to bring back.
restore_original() {
  local copy
  copy=$(original_of "$1")
  remove_parts "$1"
  if [ -e "$copy" ]; then
    mkdir -p "$(dirname "$1")"
    put_copy "$copy" "$1"
    rm -f -- "$copy"
  elif [ -e "$copy.absent" ]; then
    rm -f -- "$1" "$copy.absent"
  else
    return 1
  fi
}
