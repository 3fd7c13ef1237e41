#!/usr/bin/env bash
# The driver vfio-pci, which Debian's driverctl gives to a function of a device, now and at every start.
. host/lib/pci.sh
set -euo pipefail

# Functions that this stack set aside, one file each with the mappings that need it, one a line.
SET_ASIDE=$PHOENIX_STATE/vfio
OVERRIDES=/etc/driverctl.d
# Seconds that a driver may take to give a device up.
VFIO_WAIT=${PHOENIX_VFIO_WAIT:-60}

# override_of FUNCTION: the driver that driverctl gives it at every start; '' for none.
override_of() { cat "$OVERRIDES/pci-$1" 2>/dev/null || true; }

# vfio_needs FUNCTION MAPPING: whether our note has the mapping.
vfio_needs() { grep -Fxqs -- "$2" "$SET_ASIDE/$1"; }

# vfio_note FUNCTION MAPPINGS: who needs it, one a line; without any the note goes.
vfio_note() {
  if [ -z "$2" ]; then
    remove_file "$SET_ASIDE/$1"
    return 0
  fi
  mkdir -p "$SET_ASIDE"
  write_file "$SET_ASIDE/$1" <<<"$2" || true
}

has_ended() { [ -s "$1" ]; }

# driverctl_run ARGUMENT…: runs driverctl, which waits for the kernel, which waits for the driver. Returns 124 when it has
# not ended in time; it cannot be killed then.
driverctl_run() {
  local answer code
  scratch_folder answer
  (
    code=0
    driverctl "$@" >&2 || code=$?
    printf '%s\n' "$code" >"$answer/code"
  ) </dev/null 3>&- 9>&- &
  wait_for "$VFIO_WAIT" has_ended "$answer/code" || return 124
  code=$(cat "$answer/code")
  rm -rf "$answer"
  return "$code"
}

# Cards whose persistence mode was on.
PERSISTENT=()

# end_persistence FUNCTION: while it is on, NVIDIA's driver never gives the card up.
end_persistence() {
  [ "$(driver_of "$1")" = nvidia ] || return 0
  grep -qx Enabled <<<"$(nvidia-smi "--id=$1" --query-gpu=persistence_mode --format=csv,noheader 2>/dev/null 9>&-)" || return 0
  nvidia-smi -i "$1" -pm 0 >/dev/null 9>&- || return 0
  PERSISTENT+=("$1")
}

resume_persistence() {
  local function
  for function in "${PERSISTENT[@]}"; do
    [ "$(driver_of "$function")" != nvidia ] || nvidia-smi -i "$function" -pm 1 >/dev/null 9>&- || true
  done
}

# vfio_bind FUNCTION MAPPING: it belongs to vfio-pci, now and at every start. False when it does not.
vfio_bind() {
  local function=$1 mapping=$2 code=0 before
  before=$(driver_of "$function")
  # An override of somebody else is not noted as ours; ours is noted before it is made.
  if [ -e "$SET_ASIDE/$function" ] || [ -z "$(override_of "$function")" ]; then
    vfio_needs "$function" "$mapping" ||
      vfio_note "$function" "$({ cat "$SET_ASIDE/$function" 2>/dev/null || true; printf '%s\n' "$mapping"; } | sort -u)"
  fi
  if [ "$before" = vfio-pci ]; then
    [ "$(override_of "$function")" = vfio-pci ] || vfio_keep "$function"
    return 0
  fi
  end_persistence "$function"
  driverctl_run set-override "$function" vfio-pci || code=$?
  if [ "$code" -eq 124 ]; then
    mkdir -p "$OVERRIDES"
    write_file "$OVERRIDES/pci-$function" <<<vfio-pci || true
    err "the driver $before has not given $function up within $VFIO_WAIT s: something in the kernel still uses it." \
      "It goes to vfio-pci at the next start: restart $(hostname), then run again"
  fi
  [ "$code" -eq 0 ] && [ "$(driver_of "$function")" = vfio-pci ] || return 1
  changed "bound $function to vfio-pci${before:+ (was $before)}"
}

# look_at_binding FUNCTION MAPPING
look_at_binding() {
  local driver
  driver=$(driver_of "$1")
  [ "$driver" = vfio-pci ] || differs "driver of $1 ($2)" "${driver:-none}" vfio-pci
  driver=$(override_of "$1")
  [ "$driver" = vfio-pci ] || differs "driver of $1 ($2) at every start" "${driver:-not set}" vfio-pci
}

# vfio_keep FUNCTION: makes the binding permanent for one that vfio-pci has already, as by Proxmox VE for a running machine;
# driverctl would unbind it for a moment.
vfio_keep() {
  mkdir -p "$OVERRIDES"
  write_file "$OVERRIDES/pci-$1" <<<vfio-pci || true
  printf 'vfio-pci\n' >"/sys/bus/pci/devices/$1/driver_override"
  changed "$1 keeps vfio-pci at every start"
}

# vfio_release FUNCTION: returns it to the host's own driver.
vfio_release() {
  local function=$1 driver wish
  wish=/sys/bus/pci/devices/$function/driver_override
  driver=$(driver_of "$function")
  case $driver in
    '' | vfio-pci) if [ -e "/sys/bus/pci/devices/$function" ] && command -v driverctl >/dev/null; then vfio_unset "$function"; fi ;;
    *) grep -Fxqs '(null)' "$wish" || echo >"$wish" ;;
  esac
  rm -f "$OVERRIDES/pci-$function"
  if [ "$driver" = vfio-pci ]; then
    driver=$(driver_of "$function")
    changed "gave $function back to the host${driver:+ (driver $driver)}"
  fi
  vfio_note "$function" ''
}

vfio_unset() {
  local code=0
  driverctl_run unset-override "$1" || code=$?
  [ "$code" -ne 124 ] ||
    err "vfio-pci has not given $1 up within $VFIO_WAIT s; is a machine still running with it? Run again when it has ended"
  # Where no driver of the host takes it, driverctl keeps the override.
  [ "$code" -eq 0 ] || driverctl_run --noprobe unset-override "$1" ||
    err "driverctl could not take vfio-pci from $1; its message is above. Run again"
}
