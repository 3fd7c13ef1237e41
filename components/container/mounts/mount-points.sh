#!/usr/bin/env bash
# What is mounted in a container now and after its next stop, and which of it this stack made.
. guest/lib/options.sh
. container/lib/running.sh

# parse_mounts: the mpN of a configuration on standard input, one a line: N<TAB>SOURCE<TAB>TARGET<TAB>RO<TAB>SIZE.
parse_mounts() {
  awk '
    /^mp[0-9]+:/ {
      key = $1; sub(/^mp/, "", key); sub(/:$/, "", key)
      line = $0; sub(/^[^:]*:[ \t]*/, "", line)
      n = split(line, part, ","); source = part[1]; sub(/^volume=/, "", source)
      target = ""; ro = 0; size = ""
      for (i = 2; i <= n; i++) {
        if (part[i] ~ /^mp=/) target = substr(part[i], 4)
        if (part[i] ~ /^ro=/) ro = substr(part[i], 4)
        if (part[i] ~ /^size=/) size = substr(part[i], 6)
      }
      # Normalised as the checked files are; Proxmox VE keeps what somebody typed.
      gsub(/\/+/, "/", target); if (length(target) > 1) sub(/\/$/, "", target)
      printf "%s\t%s\t%s\t%s\t%s\n", key, source, target, ro, size
    }'
}

# mount_points: the mounts after the container's next stop: pending changes count as done.
mount_points() { next_conf "$CTID" | parse_mounts; }

# mounts_now: the present ones.
mounts_now() { now_conf "$CTID" | parse_mounts; }

# mounted TARGET: its line of mount_points; false when nothing is mounted there.
mounted() { mount_points | awk -F '\t' -v t="$1" '!found && $3 == t { print; found = 1 } END { exit !found }'; }

# mounted_as VOLUME: N of the mount that has it, after the next stop or now; false for none.
mounted_as() { { mount_points && mounts_now; } | awk -F '\t' -v v="$1" '!found && $2 == v { print $1; found = 1 } END { exit !found }'; }

# size_of INDEX: in whole gigabytes.
size_of() { gigabytes "$(mounts_now | awk -F '\t' -v i="$1" '$1 == i { print $5 }')"; }

ours_file() { printf '%s/guests/%s.mounts\n' "$PHOENIX_STATE" "$CTID"; }

is_ours() { grep -Fxqs -- "$1" "$(ours_file)"; }

free_index() {
  local index=0
  while grep -q "^mp$index:" "$(guest_conf "$CTID")"; do index=$((index + 1)); done
  printf '%s\n' "$index"
}

# noted_volume NAME: the volume that was made for it.
noted_volume() { [ ! -e "$(volumes_file "$CTID")" ] || awk -F '\t' -v n="$1" '$1 == n { found = $2 } END { print found }' "$(volumes_file "$CTID")"; }

# kept_volume NAME: the same, when it is still there.
kept_volume() {
  local volume list
  volume=$(noted_volume "$1")
  [ -n "$volume" ] || return 0
  # 'pvesm path' also answers for a volume that is gone. An empty one in its place would hide the data.
  list=$(pvesm list "${volume%%:*}" --vmid "$CTID" 9>&-) ||
    err "CT $CTID: whether $volume, made for its volume $1, is still there cannot be determined: storage ${volume%%:*} does not answer; Proxmox VE's message is above." \
      "Bring the storage back and run again; to have a new volume, take its line out of $(volumes_file "$CTID") on $(hostname)"
  awk -v v="$volume" 'NR > 1 && $1 == v { print v }' <<<"$list"
}

# targets: where the container is to have its mounts, one a line.
targets() { jq -r '.mounts[].target' <<<"$SETTINGS"; }

# require_apart: no two mounts at one place: each run would replace one by the other.
require_apart() {
  local twice
  twice=$(targets | sort | uniq -d | sed -n 1p)
  [ -z "$twice" ] || err "CT $CTID: two mounts are wanted at $twice; nothing was changed: give each a place of its own"
}

# flag RO: as the settings write it.
flag() { if [ "$1" = 1 ]; then echo true; else echo false; fi; }

# volumes_named: volumes that were made for the wanted names, one a line; one of them only goes to another place.
volumes_named() {
  local name
  while IFS= read -r name; do noted_volume "$name"; done < <(jq -r '.mounts[] | .name // empty' <<<"$SETTINGS")
}
