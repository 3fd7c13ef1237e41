#!/usr/bin/env bash
# What of a container's configuration is not as its entry has it; what is there comes from read_guest.
# shellcheck disable=SC2034 # configure.sh reads GONE
. guest/lib/disk.sh
. guest/lib/options.sh
. container/configure/cards.sh
. guest/lib/tags.sh
. container/lib/devices.sh
. container/lib/gpus.sh
. container/lib/raw-lines.sh

# Keys that are to go.
GONE=()

# Options that are somebody else's where the entry does not say them.
OPTIONAL=(cmode console cpulimit cpuunits nameserver searchdomain timezone tty)

owned_note() { printf '%s/guests/%s.options\n' "$PHOENIX_STATE" "$CTID"; }

want_values() {
  local key value
  read_owned "$(owned_note)"
  for key in cores features hostname memory onboot startup swap "${OPTIONAL[@]}"; do
    next_value "$key"
    if given "values.$key"; then
      load value="values.$key"
      case $key in
        onboot) VALUE=${VALUE:-0} ;;
        features | startup) ! same_list "$value" "$VALUE" || continue ;;
      esac
      want "$key" "$value" "$VALUE"
    elif [ -n "$VALUE" ]; then
      case $key in features | startup) ;; *) [ -n "${OWNED[$key]-}" ] || continue ;; esac
      GONE+=("$key")
      "$DIFFERS" "$key" "$VALUE" ''
    fi
  done
  want_description "$(guest_conf "$CTID")"
}

# want_root_disk: notes the root disk's line where its options differ. Its size is the present one: a line that waits for the
# next stop is written as it is then, and would say the old one.
want_root_disk() {
  local said='' there
  local -A PAIRS=()
  load said=rootfs
  pairs_of "${NOW[rootfs]-}"
  next_value rootfs
  there=${VALUE#*,}
  [[ ! ,$there, =~ ,(size=[^,]*), ]] || there=${there/"${BASH_REMATCH[1]}"/"size=${PAIRS[size]-}"}
  merged_options rootfs "$there" "$said"
  same_list "$MERGED" "${VALUE#*,}" || want rootfs "${VALUE%%,*},$MERGED" "$VALUE"
}

# missing_ids FILE: of the ranges of the host's ids on standard input, those that root may not use by that file; one a line.
missing_ids() {
  local range allowed=''
  [ ! -e "$1" ] || allowed=$(<"$1")
  while IFS= read -r range; do
    [[ $'\n'$allowed$'\n' == *$'\n'"root:$range"$'\n'* ]] || printf '%s\n' "$range"
  done
}
