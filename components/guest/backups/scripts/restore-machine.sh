#!/usr/bin/env bash
# Brings a virtual machine back from a backup. Disks that the backup does not have are put back in their places behind.
# Settings: RestoreSettings in ../settings.ts. Result: {"did": [text]}, or the plan
. vm/lib/running.sh
. guest/backups/scripts/archive.sh
set -euo pipefail

BEFORE=''
# Keys and values of disks that are put back behind.
AGAIN=()
BACK=() STAYS=() LOST=()

disk_lines() { own_lines "$1" | grep -E '^(ide|sata|scsi|virtio|efidisk|tpmstate)[0-9]+:' || true; }

in_backup() { grep -q "^#qmdump#map:$1:" <<<"$BACKED_UP"; }

read_plan() {
  local line key value
  while IFS= read -r line; do
    key=${line%%:*} value=${line#*: }
    if [[ $value == *media=cdrom* && $value != *cloudinit* ]] || [[ $value == none* ]]; then
      continue
    elif in_backup "$key"; then
      BACK+=("disk $key ${value%%,*}")
    else
      AGAIN+=("$key" "$value")
      STAYS+=("disk $key ${value%%,*}")
    fi
  done < <(disk_lines "$BEFORE")
}

# drop_comments: Proxmox VE leaves the lines of disks that backups do not have as comments, which are the description.
drop_comments() {
  local text
  text=$(sed -E '/^#(ide|sata|scsi|virtio|efidisk|tpmstate)[0-9]+(:|%3A) /d' "$(vm_conf)")
  write_file "$(vm_conf)" 640 <<<"$text" || true
}

# bring_back FROM STORAGE
bring_back() {
  local -a words=()
  verify_backup "$1"
  if [ -e "$(vm_conf)" ]; then
    keep_before "vm-$VMID" "$(vm_conf)"
    stop_vm 120
    words+=(--force 1)
  fi
  [ -z "$2" ] || words+=(--storage "$2")
  qmrestore "$1" "$VMID" "${words[@]}" 9>&- ||
    err "VM $VMID could not be brought back; Proxmox VE's message is above. Disks that the backup does not have are kept:" \
      "put the cause right, and run the same again"
  changed "brought VM $VMID back from $1"
}

# complete TAGS KNOWN
complete() {
  local index
  drop_comments
  pve qm set "$VMID" --tags "$1" || err "VM $VMID is back, but its tags could not be set; run the same again"
  for ((index = 0; index < ${#AGAIN[@]}; index += 2)); do
    [ -z "$(vm_value "$VMID" "${AGAIN[index]}")" ] || continue
    pve qm set "$VMID" "--${AGAIN[index]}" "${AGAIN[index + 1]}" ||
      left_out "$2" "VM $VMID" "the disk ${AGAIN[index + 1]%%,*}"
  done
}

main() {
  need_cmd qm qmrestore pvesm jq
  read_settings
  local from='' storage='' plan='' others='' present=false known=false running=false tags=''
  load VMID=id TAG=tag from=from storage=storage plan=plan others=force
  lock "guest-$VMID" 600
  read_backup "$from" VM "$VMID" "$others"
  if exists_as_ours "$(vm_conf)" "$TAG"; then
    present=true
    NAME=$(vm_value "$VMID" name)
    ! is_template || err "VM $VMID is a template: machines may stand on its disks. Nothing was changed"
    ! vm_running || running=true
    tags=$(vm_value "$VMID" tags)
    mapfile -t LOST < <(snapshots_of "$(vm_conf)")
    BEFORE=$(<"$(vm_conf)")
  fi
  [ ! -e "$(before_note "vm-$VMID")" ] || BEFORE=$(<"$(before_note "vm-$VMID")")
  if [ -n "$BEFORE" ]; then known=true; else BEFORE=$BACKED_UP; fi
  read_plan
  if [ "$plan" = true ]; then
    end_with "$(plan_json "$present" "$running")"
    return
  fi
  bring_back "$from" "$storage"
  complete "$(tags_for "$TAG" "$tags")" "$known"
  rm -f -- "$(before_note "vm-$VMID")"
  [ "$running" = false ] || start_vm
  report
}

main
