#!/usr/bin/env bash
# PCI devices of the node, as the kernel has them.

# nvidia_cards: PCI addresses of NVIDIA's display controllers, one a line; the cards' audio devices are none.
nvidia_cards() {
  local folder vendor class
  for folder in /sys/bus/pci/devices/*; do
    vendor='' class=''
    { read -r vendor <"$folder/vendor"; read -r class <"$folder/class"; } 2>/dev/null || true
    [[ $vendor:$class != 0x10de:0x03* ]] || printf '%s\n' "${folder##*/}"
  done
}

# driver_of FUNCTION: the kernel driver that has it, such as nouveau; '' for none.
driver_of() {
  local link
  link=$(readlink "/sys/bus/pci/devices/$1/driver") || return 0
  printf '%s\n' "${link##*/}"
}
