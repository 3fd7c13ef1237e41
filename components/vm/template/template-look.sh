#!/usr/bin/env bash
# Looks whether a machine is a template, and changes nothing.
# Settings: step.ts
. vm/lib/look.sh
set -euo pipefail

main() {
  look_at_vm
  [ "${NOW[template]-}" = 1 ] || differs "VM $VMID is_template" false true
  finish_look
}

main
