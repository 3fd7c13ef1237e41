#!/usr/bin/env bash
# Looks whether a machine runs, with what its entry says, and changes nothing. What another step puts right and only a
# start applies is reported here: this step restarts the machine then.
# Settings: step.ts
. vm/lib/look.sh
. guest/lib/options.sh
set -euo pipefail

# stale_values: what Proxmox VE applies at a start only.
stale_values() {
  local key value now
  for key in cores memory cpu machine bios agent boot numa sockets vga serial{0..3} hostpci{0..15}; do
    value='' now=${NOW[$key]-}
    case $key in numa | serial* | sockets | vga) given "restartWhenChanged.$key" || continue ;; esac
    load value="restartWhenChanged.$key"
    case $key in
      machine) now=${now:-pc} ;;
      bios) now=${now:-seabios} ;;
      agent) [[ ! ,$now, =~ ,(enabled=)?$value, ]] || continue ;;
      cpu | hostpci* | vga) ! same_list "$value" "$now" || continue ;;
    esac
    [ "$value" = "$now" ] || STALE+=("$key")
  done
}

# stale_balloon: a running machine gets no balloon device, and loses none.
stale_balloon() {
  local wanted=''
  load wanted=restartWhenChanged.noBalloon
  if [ -n "$wanted" ]; then
    [ "${NOW[balloon]-}" = 0 ] || STALE+=(balloon_mb)
  fi
}

# stale_disks: of those that Proxmox VE changes at a start only.
stale_disks() {
  local key interface option
  for key in "${!SETTING[@]}"; do
    [[ $key == .restartWhenChanged.disks.* ]] || continue
    interface=${key#.restartWhenChanged.disks.}
    while IFS= read -r -d , option; do
      [[ ",${NOW[$interface]-}," == *",$option,"* ]] || { STALE+=("disk $interface") && break; }
    done <<<"${SETTING[$key]},"
  done
}

# stale_inside: what the system in it, or its cloud-init, reads at a start.
stale_inside() {
  local key value keys mac='' storage=''
  for key in name ciuser ipconfig{0..31} nameserver searchdomain; do
    if [[ $key == ipconfig[1-9]* ]] && ! given "restartWhenChanged.$key"; then continue; fi
    value=''
    load value="restartWhenChanged.$key"
    next_value "$key"
    [ "$value" = "$VALUE" ] || STALE+=("$key")
  done
  keys=$(list restartWhenChanged.sshKeys)
  next_value sshkeys
  printf -v VALUE '%b' "${VALUE//%/\\x}"
  trim_end
  [ "$keys" = "$VALUE" ] || STALE+=(sshkeys)
  load mac=restartWhenChanged.mac storage=restartWhenChanged.snippets value=restartWhenChanged.passwordHash
  next_value cipassword
  [ "$value" = "$VALUE" ] || STALE+=(password)
  next_value net0
  [ -z "$mac" ] || [ "$(card_address "$VALUE")" = "${mac^^}" ] || STALE+=('MAC address')
  for key in net{1..31}; do
    value=''
    load value="restartWhenChanged.macs.$key"
    [ -z "$value" ] || [ "$(card_address "${NOW[$key]-}")" = "$value" ] || STALE+=("MAC address of $key")
  done
  next_value cicustom
  case $VALUE in
    *:snippets/phoenix-agent.yaml*) [ "$VALUE" = "vendor=$storage:snippets/phoenix-agent.yaml" ] || STALE+=(cicustom) ;;
    *) [ -z "$storage" ] || STALE+=(cicustom) ;;
  esac
}

main() {
  look_at_vm
  if [ "${NOW[template]-}" = 1 ]; then
    :
  elif seen_running qm "$VMID"; then
    [ ! -e "$(restart_note)" ] || STALE+=('changes of an earlier run')
    stale_values
    stale_balloon
    stale_disks
    stale_inside
    report_stale "VM $VMID"
  elif [ -e "$(running_note)" ] && seen_stopped qm "$VMID"; then
    # Without the note it was the step power that stopped it.
    differs "VM $VMID" stopped running
  fi
  finish_look
}

main
