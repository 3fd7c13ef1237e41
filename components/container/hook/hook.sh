#!/usr/bin/env bash
# A script of the user's for a container, run on the host with the CTID as argument: its hook, or its tests.
# Settings: step.ts
. host/lib/inside.sh
. container/lib/config-files.sh
. container/lib/marks.sh
. container/lib/rollback.sh
set -euo pipefail

add_config_files() {
  [ "$(setting wholeFile)" != true ] || copy_config_file phoenix_lxc_configs.json "$1"
  [ "$(setting hostFile)" != true ] || copy_config_file phoenix_hypervisor_config.json "$1"
}

main() {
  local name='' step='' code=0 why
  read_settings
  load name=name step=step
  [ -n "$step" ] || step=hook
  enter_guest "$step"
  wake
  drop_mark "$step"
  BEFORE_PACKING=add_config_files
  bundle "$name" CONTAINER_FILE=container.json |
    /bin/sh -c "$RUNNER" sh "$name" "$CTID" 0 CONTAINER_FILE=container.json '' 3>&- 4>&- 9>&- || code=$?
  if why=$(not_begun "$code"); then
    err "$step $name could not be run for CT $CTID: $why"
  fi
  case $code in
    0) ;;
    126) err "$step $name could not be run for CT $CTID: its first line names what is no program" ;;
    127) err "$step $name failed for CT $CTID: its first line, or one of its commands, names a program that $(hostname) does not have" ;;
    *) err "$step $name failed for CT $CTID with exit code $code" ;;
  esac
  leave_mark "$step"
  changed "ran $step $name for CT $CTID"
  report
}

main
