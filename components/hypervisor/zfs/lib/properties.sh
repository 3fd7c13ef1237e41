#!/usr/bin/env bash
# Properties of a dataset, as the settings have them: looked at first, refused before anything is changed.
. hypervisor/zfs/lib/report.sh

# Given when a dataset is made, and never again.
ONCE=' casesensitivity encryption keyformat normalization pbkdf2iters utf8only volblocksize '

# Set by read_properties: what the dataset has, and what `pairs` printed of the settings.
declare -A PROPERTY=()
PROPERTIES=''

# read_properties NAME [PROPERTY…]: into PROPERTY what a dataset has of those, and of what the settings name. False when
# it is not there.
read_properties() {
  local name=$1 names=type said property value
  shift
  for property in "$@"; do names+=,$property; done
  PROPERTIES=$(pairs)
  while IFS='=' read -r property value; do names+=${property:+,$property}; done <<<"$PROPERTIES"
  PROPERTY=()
  if ! said=$(zfs get -H -p -o property,value "$names" "$name" 2>&1 9>&-); then
    case $said in *'does not exist'*) return 1 ;; esac
    err "whether $name is there cannot be determined; 'zfs get all $name' says: $(grep . <<<"${said:-nothing}" | joined | cut -c 1-300)"
  fi
  while IFS=$'\t' read -r property value; do PROPERTY[$property]=$value; done <<<"$said"
}

# differing: the properties of the settings that the dataset has not: 'property now wanted', a line each.
differing() {
  local property wanted now
  while IFS='=' read -r property wanted; do
    [ -n "$property" ] || continue
    now=${PROPERTY[$property]-}
    same_value "$property" "$now" "$wanted" || printf '%s\t%s\t%s\n' "$property" "$now" "$wanted"
  done <<<"$PROPERTIES"
}

# pairs: 'property=value' of the settings, a line each; limits first, so that what may fail does so at once.
pairs() {
  jq -r '.properties // {} | to_entries | sort_by(.key | test("quota|reservation") | not)[] | "\(.key)=\(.value)"' <<<"$SETTINGS"
}

# refuse_impossible NAME PROPERTY NOW WANTED: what ZFS would refuse, with the figures.
refuse_impossible() {
  local name=$1 property=$2 now=$3 wanted=$4 used size
  if [[ $ONCE == *" $property "* ]]; then
    err "dataset $name has $property=$now, which is given when a dataset is made and cannot become $wanted;" \
      "nothing was changed: write $property=$now, or move the data to a new dataset (zfs send | zfs receive)"
  fi
  size=$(bytes "$wanted")
  case $property in
    quota | refquota)
      [ "$size" != 0 ] || return 0
      used=$(zfs get -H -p -o value "$([ "$property" = quota ] && echo used || echo referenced)" "$name")
      [ "$size" -ge "$used" ] ||
        err "dataset $name uses $(human "$used") ($used bytes), more than the $property of $wanted ($size bytes);" \
          "nothing was changed: free space there, or raise the $property"
      ;;
    reservation | refreservation)
      used=$(zfs get -H -p -o value available "$name")
      [ "$size" -le $((now + used)) ] ||
        err "dataset $name: a $property of $wanted ($size bytes) is more than the $(human $((now + used))) there is;" \
          "nothing was changed: free space in the pool, or lower the $property"
      ;;
  esac
}

# ensure_properties KIND NAME: sets the properties that differ, after all of them were found possible.
ensure_properties() {
  local kind=$1 name=$2 property now wanted rows
  rows=$(differing)
  [ -n "$rows" ] || return 0
  while IFS=$'\t' read -r property now wanted; do refuse_impossible "$name" "$property" "$now" "$wanted"; done <<<"$rows"
  while IFS=$'\t' read -r property now wanted; do
    repair "$kind $name $property" "$now" "$wanted" zfs set "$property=$wanted" "$name"
  done <<<"$rows"
}
