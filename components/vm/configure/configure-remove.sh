#!/usr/bin/env bash
# Checks, before the provider deletes a machine, that the one under this VMID is this stack's and not protected: the
# provider deletes whatever is there, with every disk that the configuration names. A machine that does not exist any
# more is no error. While the step `start` has not been removed (its note says `standing`), the machine is not about to
# be deleted: then only this step is being replaced.
# Settings: step.ts
. vm/configure/disks.sh
. vm/lib/running.sh
set -euo pipefail

# Disks that somebody added, pending ones included: this stack's machines have scsi0, and those that our note has.
added_disks() {
  awk -v ours=" ${!DISK_VOLUME[*]} " '/^\[/ { rest = ($0 != "[PENDING]") } rest { next } /^(scsi|virtio|sata|ide)[0-9]+:/ && !/^scsi0:/ && !/media=cdrom/ && $2 !~ /^none/ { sub(/:$/, "", $1); if (!index(ours, " " $1 " ")) print $1 " (" $2 ")" }' \
    "$(vm_conf)" | sed 's/,[^)]*//'
}

# Keeps detached disks, and those of our note that do not go with the machine, on their storage: takes them out of the
# configuration, those of the note out of its snapshots too. Proxmox VE destroys exactly the volumes that it names.
keep_disks() {
  local conf kept interface ours=' '
  conf=$(vm_conf)
  for interface in "${!DISK_VOLUME[@]}"; do
    [ "${DISK_GOES[$interface]}" = destroy ] || ours+="${DISK_VOLUME[$interface]} "
  done
  kept=$(awk -v ours="$ours" '
    /^\[/ { exit }
    { split($2, part, ",") }
    /^unused[0-9]+:/ || (/^(scsi|virtio)[0-9]+:/ && index(ours, " " part[1] " ")) { print part[1] }' "$conf")
  [ -n "$kept" ] || return 0
  lock_conf "$conf"
  write_file "$conf" 640 < <(awk -v ours="$ours" '
    /^\[/ { rest = 1 }
    { split($2, part, ",") }
    /^(scsi|virtio|unused)[0-9]+:/ && (index(ours, " " part[1] " ") || (!rest && /^unused/)) { next }
    { print }' "$conf") || true
  exec 7>&-
  changed "VM $VMID: its disks $(sort -u <<<"$kept" | paste -sd' ' -) are kept"
}

main() {
  local protect='' added
  need_cmd qm jq
  read_settings
  load VMID=vmid NAME=name TAG=tag protect=protect
  lock "guest-$VMID" 600
  if exists_as_ours "$(vm_conf)" "$TAG"; then
    if [ -e "$(standing_note)" ]; then
      report
      return
    fi
    [ "$protect" != true ] ||
      err "VM $VMID ($NAME) has protect: true and is not deleted; nothing of it was stopped." \
        "Set protect to false and run 'phoenix up' if it may go."
    [ "$(vm_value "$VMID" protection)" != 1 ] ||
      err "VM $VMID ($NAME) is protected in Proxmox VE and is not deleted; nothing of it was stopped." \
        "If it may go: qm set $VMID --protection 0"
    read_disks
    added=$(added_disks | paste -sd' ')
    [ -z "$added" ] ||
      err "VM $VMID ($NAME) has disks that are not this stack's: $added. It is not deleted; nothing of it was stopped." \
        "Detach what is to stay: qm set $VMID --delete ${added%% *}; or delete the machine by hand"
    finish_cut_off
    keep_disks
    remove_parts "$(vm_conf)"
  fi
  find "$PHOENIX_STATE/guests" -maxdepth 1 \( -name "vm-$VMID.*" -o -name ".phoenix.vm-$VMID.*" \) ! -name "vm-$VMID.disks" -delete 2>/dev/null || true
  report
}

main
