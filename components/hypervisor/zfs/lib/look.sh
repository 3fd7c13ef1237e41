#!/usr/bin/env bash
# Sourced before a converging script, turns it into its check: it changes nothing, tells what the script
# would do or refuse, and exits 0. Result: {changed: false, deviations: [text]}.
. hypervisor/zfs/lib/report.sh

DEVIATIONS=()

repair() {
  case $1 in
    'created '* | 'added '*) DEVIATIONS+=("${1#* } is missing") ;;
    'imported '*) DEVIATIONS+=("${1#* } is not imported") ;;
    'mounted '*) DEVIATIONS+=("${1#* } is not mounted") ;;
    'wrote '*) DEVIATIONS+=("${1#* } differs") ;;
    *) DEVIATIONS+=("$1") ;;
  esac
}

err() {
  DEVIATIONS+=("$*")
  finish
  exit 0
}

lock() { :; }

finish() {
  result false deviations "${DEVIATIONS[@]}"
}
