#!/usr/bin/env bash
# A ZFS dataset with its properties: created, or changed where it differs. Data is never touched.
# Settings: {name: pool/dataset, properties: {property: value}}
set -euo pipefail

# 1.4T, 128K or 512 as bytes, as ZFS counts them; anything else as it is.
bytes() {
  awk -v v="$1" 'BEGIN {
    if (v !~ /^[0-9]+(\.[0-9]+)?[KMGTPkmgtp]?$/) { print v; exit }
    p = index("KMGTP", toupper(substr(v, length(v))))
    printf "%.0f\n", int((v + 0) * 1024 ^ p)
  }'
}

hold_property() {
  local name=$1 property=$2 wanted=$3 now
  now=$(zfs get -H -p -o value "$property" "$name")
  [ "$now" != "$wanted" ] || return 0
  [ "$now" != "$(bytes "$wanted")" ] || return 0
  # ZFS prints an unset quota as 0 and takes 'none' for it.
  if [ "$wanted" = none ] && [ "$now" = 0 ]; then return 0; fi
  zfs set "$property=$wanted" "$name"
  changed "dataset $name: $property $now -> $wanted"
}

main() {
  need_cmd zfs
  read_settings
  local name='' pair
  local -a pairs=() options=()
  load name=name
  mapfile -t pairs < <(jq -r '.properties | to_entries[] | "\(.key)=\(.value)"' <<<"$SETTINGS")
  lock zfs 300
  if zfs list -H -o name "$name" >/dev/null 2>&1; then
    for pair in "${pairs[@]}"; do
      hold_property "$name" "${pair%%=*}" "${pair#*=}"
    done
  else
    for pair in "${pairs[@]}"; do options+=(-o "$pair"); done
    zfs create "${options[@]}" "$name"
    changed "created dataset $name"
  fi
  if [ "$(zfs get -H -o value mounted "$name")" != yes ]; then
    zfs mount "$name"
    changed "mounted dataset $name"
  fi
  report
}

main
