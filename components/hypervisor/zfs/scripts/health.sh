#!/usr/bin/env bash
# The state of a pool and of its disks, told in the result: nothing here changes anything.
set -euo pipefail

# check_health POOL: a pool that is not well is a warning, and its state a part of the result.
check_health() {
  local name=$1 health scan errors free
  health=$(zpool list -H -o health "$name")
  scan=$(zpool status "$name" | sed -n 's/^ *scan: //p')
  [ "$health" = ONLINE ] || warn "pool $name is $health: $(zpool status "$name" | awk '
    $1 == "status:" { on = 1; sub(/^status: /, "") } /^action:|^ *scan:|^config:/ { on = 0 } on' | tr -s '\t\n ' ' ' | sed 's/ $//')"
  errors=$(zpool status "$name" | sed -n 's/^errors: //p')
  [ "$errors" = 'No known data errors' ] || warn "pool $name: $errors (zpool status -v $name)"
  free=$(zpool list -H -p -o capacity "$name")
  [ "${free%\%}" -lt 90 ] || warn "pool $name is ${free%\%} % full; ZFS gets slow, then stops, when a pool fills up"
  EXTRA=$(jq -c --arg health "$health" --arg scan "$scan" '. + {health: $health} + (if $scan == "" then {} else {scan: $scan} end)' <<<"$EXTRA")
}

# smart DEVICE: what a disk says of itself, as JSON {wearPercent, sparePercent, hours, failing}; nothing when it says nothing.
smart() {
  local report=''
  if command -v smartctl >/dev/null; then
    # Its exit status is a set of bits about the disk, so only the report counts.
    report=$(smartctl -j -a "$1" 2>/dev/null || true)
    report=$(jq -c 'if .smart_status == null and .nvme_smart_health_information_log == null then empty else {
        wearPercent: (.nvme_smart_health_information_log.percentage_used // .endurance_used.current_percent
          // .scsi_percentage_used_endurance_indicator
          // ([.ata_smart_attributes.table[]? | select(.id == 177 or .id == 231 or .id == 233) | 100 - .value] | max)),
        sparePercent: .nvme_smart_health_information_log.available_spare,
        hours: .power_on_time.hours,
        mediaErrors: .nvme_smart_health_information_log.media_errors,
        failing: (.smart_status.passed == false or (.nvme_smart_health_information_log.critical_warning // 0) != 0)
      } end' <<<"$report" 2>/dev/null) || report=''
  fi
  if [ -z "$report" ] && command -v nvme >/dev/null && [[ $1 == /dev/nvme* ]]; then
    report=$(nvme smart-log -o json "$1" 2>/dev/null | jq -c '{wearPercent: (.percent_used // .percentage_used),
      sparePercent: .avail_spare, hours: .power_on_hours, mediaErrors: .media_errors, failing: (.critical_warning != 0)}' 2>/dev/null) || report=''
  fi
  [ -z "$report" ] || jq -c 'with_entries(select(.value != null))' <<<"$report"
}

# check_wear PATH…: wear and health of disks, in the output and in the result.
check_wear() {
  local path device report all='[]' known=''
  for path; do
    device=$(readlink -e "$path") || continue
    report=$(smart "$device")
    if [ -z "$report" ]; then
      say "$path: no health data (smartctl and nvme know nothing of it, or are not installed)"
      continue
    fi
    known=$(jq -r '[(.wearPercent | values | "\(.) % worn"), (.sparePercent | values | "\(.) % spare"),
      (.hours | values | "\(.) hours")] | join(", ")' <<<"$report")
    say "$path: $known"
    jq -e '.failing | not' >/dev/null <<<"$report" || warn "disk $path says that it is failing; replace it: 'smartctl -a $device'"
    jq -e '(.wearPercent // 0) < 80' >/dev/null <<<"$report" || warn "disk $path is worn: $known; plan its replacement"
    jq -e '(.mediaErrors // 0) == 0' >/dev/null <<<"$report" ||
      warn "disk $path had $(jq .mediaErrors <<<"$report") media errors; watch it: 'smartctl -a $device'"
    all=$(jq -c --arg disk "$path" --argjson report "$report" '. + [{disk: $disk} + $report]' <<<"$all")
  done
  [ "$all" = '[]' ] || EXTRA=$(jq -c --argjson disks "$all" '. + {disks: $disks}' <<<"$EXTRA")
}
