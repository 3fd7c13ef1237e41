#!/usr/bin/env bash
# A backup that a guest is brought back from, and what is noted while that is done.

# Set by read_backup: the configuration that the backup has.
BACKED_UP=''

# read_backup VOLID KIND ID FORCE: refuses what is not there, and the backup of another guest.
read_backup() {
  local name=${1##*/} type=lxc
  [ "$2" = CT ] || type=qemu
  case $name in
    "vzdump-$type-$3"-*) ;;
    "vzdump-$type"-*)
      [ "$4" = true ] ||
        err "$1 is a backup of another guest; nothing was changed. '--force' makes $2 $3 of it all the same"
      ;;
    vzdump-*) err "$1 is no backup of a $([ "$2" = CT ] && echo container || echo virtual machine); nothing was changed" ;;
  esac
  BACKED_UP=$(pvesm extractconfig "$1") ||
    err "the backup $1 cannot be read; Proxmox VE's message is above. Nothing was changed"
}

# verify_backup VOLID: reads it once as a whole: the guest of before is gone by the time that Proxmox VE finds it damaged.
verify_backup() {
  local path
  path=$(pvesm path "$1") || err "the backup $1 is not there; Proxmox VE's message is above. Nothing was changed"
  # Others than files, such as those of a backup server, check themselves.
  [ -f "$path" ] || return 0
  say "reading $path once as a whole"
  case $path in
    *.zst) zstd -tq -- "$path" ;;
    *.gz | *.tgz) gzip -t -- "$path" ;;
    *.lzo) lzop -t -- "$path" ;;
    *.tar) tar -tf "$path" >/dev/null ;;
  esac || err "the backup $1 is damaged; nothing was changed. Take another one"
}

# The guest's configuration as it was before a restore; there while one is under way, or was cut off.
before_note() { printf '%s/restores/%s.conf\n' "$PHOENIX_STATE" "$1"; }

# keep_before ID CONF: what a cut-off restore has noted stays.
keep_before() {
  local note
  note=$(before_note "$1")
  [ ! -e "$note" ] || return 0
  install -d -m 700 -- "$PHOENIX_STATE/restores"
  write_file "$note" 600 <"$2" || true
}

# own_lines TEXT: lines of a configuration above the first [section].
own_lines() { sed '/^\[/,$d' <<<"$1"; }

# line_of TEXT KEY: its value there.
line_of() { own_lines "$1" | sed -n "s/^$2: *//p" | head -n 1; }

# snapshots_of FILE: names of its snapshots, one a line.
snapshots_of() { sed -nE 's/^\[([^]:]+)\]$/\1/p' "$1" | grep -Fxv PENDING || true; }

# tags_for TAG NOW: the tags of the guest of before; of one that was gone those of the backup, as a guest of this stack.
tags_for() {
  local tags
  if [ -n "$2" ]; then
    printf '%s\n' "$2"
  else
    tags=$(line_of "$BACKED_UP" tags | tr ';, ' '\n' | grep -v '^phoenix-' || true)
    printf '%s\n' "$tags" "$1" | grep . | sort -u | paste -sd ';' -
  fi
}

# left_out KNOWN GUEST WHAT: a disk or mount could not be put back. Of a guest that was gone, it may be gone with it.
left_out() {
  [ "$1" = false ] || err "$2 is back, but $3 could not be put in its place; Proxmox VE's message is above. Run the same again"
  say "warning: $2 had $3, which is gone: 'phoenix up' makes what its entry has"
}

# size_of OPTIONS: size= of a disk, in GiB; '' for none.
size_of() {
  tr ',' '\n' <<<"$1" | sed -n 's/^size=//p' | awk '
    { unit = substr($0, length($0)); n = $0 + 0
      print (unit == "T" ? n * 1024 : unit == "G" ? n : unit == "M" ? n / 1024 : unit == "K" ? n / 1048576 : n / 1073741824) }'
}

# plan_json THERE RUNNING: the plan, of the caller's arrays BACK, STAYS and LOST.
plan_json() {
  local parts=''
  # shellcheck disable=SC2153 # the caller sets them
  texts_json "${BACK[@]}" && parts+=",\"back\":$TEXTS"
  # shellcheck disable=SC2153
  texts_json "${STAYS[@]}" && parts+=",\"stays\":$TEXTS"
  # shellcheck disable=SC2153
  texts_json "${LOST[@]}" && parts+=",\"snapshots\":$TEXTS"
  printf '{"there":%s,"running":%s%s}' "$1" "$2" "$parts"
}
