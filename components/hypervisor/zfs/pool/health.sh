#!/usr/bin/env bash
# The state of a pool and of its disks, for the result; it changes nothing.
. hypervisor/zfs/lib/report.sh

# check_health POOL: warns of a pool that is not healthy; its state is part of the result.
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
  EXTRA+=(--arg health "$health")
  [ -z "$scan" ] || EXTRA+=(--arg scan "$scan")
}

# smart DEVICE: what smartctl, or else nvme, says of a disk, in one line. The exit status of smartctl is a set of bits
# about the disk: only its report counts.
smart() {
  local report
  report=$(smartctl -j -a "$1" 2>/dev/null) || true
  grep -Eq '"(smart_status|nvme_smart_health_information_log)"' <<<"$report" ||
    report=$(nvme smart-log -o json "$1" 2>/dev/null) || true
  tr '\n\t' '  ' <<<"$report"
  echo
}

# wear: from lines of path, device and report to lines for the output: `say`, `warn` or `disks`, and the text.
wear() {
  jq -Rnr '
    def report: select(type == "object") | select(.smart_status // .nvme_smart_health_information_log // .avail_spare)
      | (.nvme_smart_health_information_log // .) as $log | {
        wearPercent: ($log.percentage_used // .percent_used // .endurance_used.current_percent // .scsi_percentage_used_endurance_indicator
          // ([.ata_smart_attributes.table[]? | select(.id == 177 or .id == 231 or .id == 233) | 100 - .value] | max)),
        sparePercent: ($log.available_spare // .avail_spare), hours: (.power_on_time.hours // .power_on_hours), mediaErrors: $log.media_errors,
        failing: (.smart_status.passed == false or ($log.critical_warning // 0) != 0)
      } | with_entries(select(.value != null));
    def known: [(.wearPercent | values | "\(.) % worn"), (.sparePercent | values | "\(.) % spare"), (.hours | values | "\(.) hours")] | join(", ");
    def warnings: . as {$path, $see} | .report
      | (select(.failing) | "says that it is failing; replace it: \($see)"),
        (select((.wearPercent // 0) >= 80) | "is worn: \(known); plan its replacement"),
        (select((.mediaErrors // 0) > 0) | "had \(.mediaErrors) media errors; watch it: \($see)")
      | "warn disk \($path) \(.)";
    [inputs | split("\t") | {path: .[0], see: "\u0027smartctl -a \(.[1])\u0027", report: [.[2] | fromjson? | report][0]}]
    | (.[] | if .report then "say \(.path): \(.report | known)", warnings
        else "say \(.path): no health data (smartctl and nvme know nothing of it, or are not installed)" end),
      ([.[] | select(.report) | {disk: .path} + .report] | select(. != []) | "disks \(tojson)")'
}

# check_wear PATH…: wear and health of disks, in the output and in the result.
check_wear() {
  local path device kind text told
  told=$(for path; do
    device=$(readlink -e "$path") || continue
    printf '%s\t%s\t' "$path" "$device"
    smart "$device"
  done | wear)
  while read -r kind text; do
    case $kind in
      say | warn) "$kind" "$text" ;;
      disks) EXTRA+=(--argjson disks "$text") ;;
    esac
  done <<<"$told"
}
