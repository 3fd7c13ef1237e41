#!/usr/bin/env bash
# A container's NVIDIA cards, as devices of Proxmox VE (devN). It looks up a
# device's numbers at each start, so one whose number changed with a boot still fits.
. host/lib/once.sh
. host/lib/pci.sh
. container/lib/running.sh

# Set by read_cards: the cards that the driver has, one a line: index, UUID, address as the kernel writes it. nvidia-smi
# writes a domain of eight digits, the kernel one of four.
CARDS=''

# read_cards GPU…: for these.
read_cards() {
  local said index uuid bus code=0
  said=$(asked cards ask_cards) || code=$?
  # 6: no devices, as when all of them are bound to vfio-pci.
  [ "$code" -eq 0 ] || [ "$code" -eq 6 ] ||
    CODE=4 err "CT $CTID is assigned GPU $(IFS=,; printf '%s' "$*"), but nvidia-smi does not work on $(hostname):" \
      "$(grep . <<<"$said" | paste -sd ';' - | cut -c 1-300). See 'systemctl status phoenix-nvidia'"
  [ "$code" -eq 0 ] || said=''
  CARDS=''
  while IFS=', ' read -r index uuid bus; do
    [ -z "$bus" ] || CARDS+="$index $uuid ${bus:4}"$'\n'
  done <<<"${said,,}"
}

ask_cards() { timeout -k 5 20 nvidia-smi --query-gpu=index,uuid,pci.bus_id --format=csv,noheader 2>&1 9>&-; }

# vfio_cards: addresses of NVIDIA's cards that are bound to vfio-pci, for virtual machines.
vfio_cards() {
  local card
  for card in $(nvidia_cards); do
    [ "$(driver_of "$card")" != vfio-pci ] || printf '%s\n' "$card"
  done
}

# mapped_devices NAME: addresses of this node behind a mapping of the datacenter.
mapped_devices() {
  awk -v name="$1" -v node="$(hostname)" '
    /^[^ \t#]/ { inside = ($1 == name) }
    inside && $1 == "map" && ("," $2 ",") ~ (",node=" node ",") { n = split($2, part, ","); for (i = 1; i <= n; i++) if (sub(/^path=/, "", part[i])) { gsub(";", "\n", part[i]); print part[i] } }
  ' /etc/pve/mapping/pci.cfg 2>/dev/null || true
}

# passed_to ADDRESS: "VM 100 'name'" of the virtual machine that the device is passed through to; '' for none.
passed_to() {
  local conf id entry device wanted=${1%.*}
  local -a devices
  for conf in /etc/pve/qemu-server/*.conf; do
    [ -e "$conf" ] || continue
    id=${conf##*/}
    while IFS= read -r entry; do
      case $entry in
        mapping=*) entry=$(mapped_devices "${entry#mapping=}") ;;
        *) entry=${entry#host=} ;;
      esac
      mapfile -t devices <<<"${entry//;/$'\n'}"
      for device in "${devices[@]}"; do
        case $device in ????:*) ;; *) device=0000:$device ;; esac
        if [ "${device%.*}" = "$wanted" ]; then
          printf "VM %s '%s'\n" "${id%.conf}" "$(sed -n '/^\[/q; s/^name: *//p' "$conf")"
          return 0
        fi
      done
    done < <(conf_devices "$conf")
  done
}

# missing_card GPU: says why the driver does not have it.
missing_card() {
  local wanted=$1 bound address guest others=''
  bound=$(vfio_cards)
  while IFS= read -r address; do
    [ -n "$address" ] || continue
    guest=$(passed_to "$address")
    [ "${wanted,,}" != "$address" ] ||
      CODE=4 err "CT $CTID is to have GPU $wanted, which is bound to vfio-pci on $(hostname)${guest:+ for $guest}:" \
        "a GPU serves containers or one virtual machine. Correct gpu_assignment, or give the GPU back to the driver nvidia"
    others+="; $address is bound to vfio-pci${guest:+ for $guest}"
  done <<<"$bound"
  CODE=2 err "CT $CTID is to have GPU $wanted, which $(hostname) does not have:" \
    "$(nvidia-smi -L 2>&1 9>&- | paste -sd ';' -)$others. Correct gpu_assignment"
}

# Set by card_minor.
MINOR=''

# card_minor GPU: into MINOR the number N of a card's /dev/nvidiaN, by index, PCI address or UUID.
card_minor() {
  local wanted=$1 index uuid bus guest name value
  while read -r index uuid bus; do
    if [ "$wanted" = "$index" ] || [ "${wanted,,}" = "${uuid,,}" ] || [ "${wanted,,}" = "$bus" ]; then
      guest=$(passed_to "$bus")
      [ -z "$guest" ] ||
        CODE=4 err "CT $CTID is to have GPU $wanted ($bus), which is passed through to $guest:" \
          "a GPU serves containers or one virtual machine. Take it out of one of the two"
      while IFS=$': \t' read -r name value; do
        [[ $name != Device || $value != Minor* ]] || MINOR=${value##*[!0-9]}
      done <"/proc/driver/nvidia/gpus/$bus/information"
      return 0
    fi
  done <<<"$CARDS"
  missing_card "$wanted"
}

# Set by find_devices: device nodes of the assigned cards, one a line; none without a card.
DEVICES=''

# find_devices PATH: of the cards that the settings have there.
find_devices() {
  local gpu node
  local -a gpus=() minors=()
  DEVICES=''
  given "$1.0" || return 0
  mapfile -t gpus < <(list "$1")
  command -v nvidia-smi >/dev/null ||
    CODE=4 err "CT $CTID is assigned GPU ${gpus[*]}, but $(hostname) has no NVIDIA driver: set nvidia_driver.install, or gpu_assignment to none"
  read_cards "${gpus[@]}"
  for gpu in "${gpus[@]}"; do
    card_minor "$gpu"
    minors+=("$MINOR")
  done
  # One card may stand there by two of its names.
  DEVICES=$(
    printf '/dev/nvidia%s\n' ctl -uvm -uvm-tools
    printf '/dev/nvidia%s\n' "${minors[@]}" | sort -u
    for node in /dev/nvidia-caps/*; do
      [ ! -c "$node" ] || printf '%s\n' "$node"
    done
  )
}

# own_devices CONF…: "devN path" of the container's NVIDIA devices; CONF is next_conf or now_conf.
own_devices() {
  local line
  while IFS= read -r line; do
    [[ ! $line =~ ^(dev[0-9]+):\ *(path=)?(/dev/nvidia[^,]*) ]] || printf '%s %s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[3]}"
  done < <("$1" "$CTID")
}

# take_back_removals: cancels pending removals of devices that are wanted again.
take_back_removals() {
  local key path
  while read -r key path; do
    grep -Fxq -- "$path" <<<"$DEVICES" || continue
    [ "$(guest_next "$CTID" "$key")" != "$(guest_value "$CTID" "$key")" ] || continue
    ! own_devices next_conf | grep " $path\$" >/dev/null || continue
    pve pct set "$CTID" --revert "$key" || CODE=4 err "CT $CTID could not keep $path; Proxmox VE's message is above"
    changed "CT $CTID: $path stays, which was to go at its next stop"
  done < <(own_devices now_conf)
}

# ensure_devices: exactly those that were found; devices of other kinds stay.
ensure_devices() {
  local key path slot=0
  local -a options=() drop=()
  take_back_removals
  while read -r key path; do
    grep -Fxq -- "$path" <<<"$DEVICES" || drop+=("$key")
  done < <(own_devices next_conf)
  while IFS= read -r path; do
    [ -n "$path" ] || continue
    ! own_devices next_conf | grep " $path\$" >/dev/null || continue
    [ -c "$path" ] || CODE=4 err "CT $CTID is to have $path, which is not there on $(hostname); see 'systemctl status phoenix-nvidia'"
    while grep -q "^dev$slot:" "$(guest_conf "$CTID")"; do slot=$((slot + 1)); done
    options+=("--dev$slot" "$path,mode=0666")
    slot=$((slot + 1))
  done <<<"$DEVICES"
  [ $((${#options[@]} + ${#drop[@]})) -gt 0 ] || return 0
  if ! unset_keys "$CTID" "${drop[@]}" || { [ "${#options[@]}" -gt 0 ] && ! pve pct set "$CTID" "${options[@]}"; }; then
    CODE=4 err "CT $CTID could not be given its GPUs; Proxmox VE's message is above"
  fi
  changed "CT $CTID: NVIDIA devices $(paste -sd ' ' <<<"${DEVICES:-none}")"
}
