#!/usr/bin/env bash
# The state of a pool and of its disks, told in the result: nothing here changes anything.

# check_health POOL: a pool that is not well is a warning, and its state a part of the result.
check_health() {
  local name=$1 health status scan errors full
  health=$(zpool list -H -o health "$name")
  full=$(zpool list -H -p -o capacity "$name")
  status=$(zpool status "$name")
  scan=$(sed -n 's/^ *scan: //p' <<<"$status")
  errors=$(sed -n 's/^errors: //p' <<<"$status")
  [ "$health" = ONLINE ] || warn "pool $name is $health: $(awk '
    $1 == "status:" { on = 1; sub(/^status: /, "") } /^action:|^ *scan:|^config:/ { on = 0 } on' <<<"$status" | tr -s '\t\n ' ' ' | sed 's/ $//')"
  [ "$errors" = 'No known data errors' ] || warn "pool $name: $errors (zpool status -v $name)"
  [ "${full%\%}" -lt 90 ] || warn "pool $name is ${full%\%} % full; ZFS gets slow, then stops, when a pool fills up"
  EXTRA=$(jq -c --arg health "$health" --arg scan "$scan" '. + {health: $health} + (if $scan == "" then {} else {scan: $scan} end)' <<<"$EXTRA")
}

# smart DEVICE: what a disk says of itself, as JSON; nothing when it says nothing.
smart() {
  # shellcheck disable=SC2016 # jq's own variables
  local program='select(.smart_status // .nvme_smart_health_information_log // .avail_spare)
    | (.nvme_smart_health_information_log // .) as $log | {
      wearPercent: ($log.percentage_used // .percent_used // .endurance_used.current_percent // .scsi_percentage_used_endurance_indicator
        // ([.ata_smart_attributes.table[]? | select(.id == 177 or .id == 231 or .id == 233) | 100 - .value] | max)),
      sparePercent: ($log.available_spare // .avail_spare), hours: (.power_on_time.hours // .power_on_hours), mediaErrors: $log.media_errors,
      failing: (.smart_status.passed == false or ($log.critical_warning // 0) != 0)
    } | with_entries(select(.value != null))'
  # The exit status of smartctl is a set of bits about the disk: only its report counts.
  { smartctl -j -a "$1" || true; } 2>/dev/null | jq -ce "$program" 2>/dev/null ||
    { nvme smart-log -o json "$1" || true; } 2>/dev/null | jq -ce "$program" 2>/dev/null || true
}

# check_wear PATH…: wear and health of disks, in the output and in the result.
check_wear() {
  local path device report known text all='[]'
  for path; do
    device=$(readlink -e "$path") || continue
    report=$(smart "$device")
    if [ -z "$report" ]; then
      say "$path: no health data (smartctl and nvme know nothing of it, or are not installed)"
      continue
    fi
    known=$(jq -r '[(.wearPercent | values | "\(.) % worn"), (.sparePercent | values | "\(.) % spare"), (.hours | values | "\(.) hours")] | join(", ")' <<<"$report")
    say "$path: $known"
    while read -r text; do warn "disk $path $text"; done < <(jq -r --arg known "$known" --arg see "'smartctl -a $device'" '
      (select(.failing) | "says that it is failing; replace it: \($see)"),
      (select((.wearPercent // 0) >= 80) | "is worn: \($known); plan its replacement"),
      (select((.mediaErrors // 0) > 0) | "had \(.mediaErrors) media errors; watch it: \($see)")' <<<"$report")
    all=$(jq -c --arg disk "$path" --argjson report "$report" '. + [{disk: $disk} + $report]' <<<"$all")
  done
  [ "$all" = '[]' ] || EXTRA=$(jq -c --argjson disks "$all" '. + {disks: $disks}' <<<"$EXTRA")
}
