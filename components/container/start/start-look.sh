#!/usr/bin/env bash
# Looks whether a container runs, with what its entry says, and changes nothing. What another step puts right and only a
# start takes up is reported here: this step restarts the container then.
# Settings: step.ts
. container/lib/look.sh
. container/lib/devices.sh
. container/lib/gpus.sh
. container/lib/raw-lines.sh
. container/lib/mount-points.sh
set -euo pipefail

stale_mounts() {
  local index now target ro options as
  while IFS=$'\t' read -r index now target ro options _; do
    as=${SETTING[.restartWhenChanged.mounts.$target]-}
    [ -n "$as" ] || continue
    [ "$ro" = 1 ] && ro=ro || ro=rw
    # A folder that is made again is another one; the container holds the one that went.
    if [[ $now == /* ]] && [ ! -d "$now" ]; then ro=gone; fi
    case $as in
      "$ro" | "$ro $now") ;;
      "$ro "*) has_options "$options" "${as#* }" || STALE+=("the mount at $target") ;;
      *) STALE+=("the mount at $target") ;;
    esac
  done < <(lines_now | parse_mounts)
}

stale_mtu() {
  local line wanted
  local -A PAIRS
  while IFS= read -r line; do
    [[ $line == net[0-9]* ]] || continue
    PAIRS=()
    pairs_of "${line#*: }"
    wanted=${SETTING[.restartWhenChanged.mtu.${PAIRS[name]}]-}
    [ -z "$wanted" ] || [ "${PAIRS[mtu]-}" = "$wanted" ] || STALE+=("mtu of ${PAIRS[name]}")
  done < <(lines_now)
}

stale_devices() {
  local key path
  for key in "${!SETTING[@]}"; do
    [[ $key == .restartWhenChanged.devices.* ]] || continue
    path=${key#.restartWhenChanged.devices.}
    device_at "$path" lines_now
    [ -n "$DEVICE" ] && same_list "$DEVICE_OPTIONS" "${SETTING[$key]}" || STALE+=("device $path")
  done
}

# has_options OPTIONS WANTED
has_options() {
  local option
  while IFS= read -r -d , option; do [[ ",$1," == *",$option,"* ]] || return 1; done <<<"$2,"
}

stale() {
  local hostname='' features='' key value
  load hostname=restartWhenChanged.hostname features=restartWhenChanged.features
  [ ! -e "$PHOENIX_STATE/guests/$CTID.restart" ] || STALE+=("changes of an earlier run")
  [ "${NOW[hostname]-}" = "$hostname" ] || STALE+=(name)
  same_list "${NOW[features]-}" "$features" || STALE+=(pct_options)
  for key in cmode console nameserver searchdomain timezone tty; do
    load value="restartWhenChanged.$key"
    [ -z "$value" ] || [ "${NOW[$key]-}" = "$value" ] || STALE+=("$key")
  done
  load value=restartWhenChanged.rootfs
  [ -z "$value" ] || has_options "${NOW[rootfs]-}" "$value" || STALE+=("options of rootfs")
  compare_raw "$CTID" restartWhenChanged.rawLines
  [ $((${#RAW_MISSING[@]} + ${#RAW_OBSOLETE[@]})) -eq 0 ] || STALE+=(lxc_options)
  stale_mounts
  stale_mtu
  stale_devices
  # What it would refuse is reported by the look of the step configure.
  LOOK=end_without_driver
  find_devices restartWhenChanged.gpus
  same_list "$(own_devices lines_now | cut -d ' ' -f 2)" "$DEVICES" $'\n' || STALE+=(gpu_assignment)
}

# Its driver is installed again, for which the container is stopped and started: that takes up what somebody has changed, before
# the step configure has put it right.
end_without_driver() {
  ! guest_waits "$CTID" || differs "CT $CTID" "to be started with changes by hand once its driver is there" 'restarted with its entry'
  end_stale
}

end_stale() {
  report_stale "CT $CTID"
  finish_look
  exit 0
}

main() {
  look_at_guest
  if seen_running pct "$CTID"; then
    stale
    end_stale
  fi
  # The step power keeps it stopped where it is to be.
  if [ ! -e "$(stopped_note "$CTID")" ] && seen_stopped pct "$CTID"; then differs "CT $CTID" stopped running; fi
  finish_look
}

main
