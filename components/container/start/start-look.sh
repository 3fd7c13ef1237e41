#!/usr/bin/env bash
# Looks whether a container runs, with what its entry says, and changes nothing. What another step puts right and only a
# start takes up is reported here: this step restarts the container then.
# Settings: step.ts
. container/lib/look.sh
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
  compare_raw "$CTID" restartWhenChanged.rawLines
  [ $((${#RAW_MISSING[@]} + ${#RAW_OBSOLETE[@]})) -eq 0 ] || STALE+=(lxc_options)
  stale_mounts
  # What it would refuse is reported by the look of the step configure.
  LOOK=end_stale
  find_devices restartWhenChanged.gpus
  same_list "$(own_devices lines_now | cut -d ' ' -f 2)" "$DEVICES" $'\n' || STALE+=(gpu_assignment)
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
