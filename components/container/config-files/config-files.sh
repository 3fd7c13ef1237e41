#!/usr/bin/env bash
# The configuration files of the stack on the node, for the scripts and hooks that read them.
# Settings: step.ts
. container/lib/config-files.sh
set -euo pipefail

main() {
  local tag='' containers='' host='' folder
  read_settings
  load tag=tag containers=containers host=host
  folder=$(config_files "$tag")
  lock "config-files-$tag" 60
  looking || install -d -m 700 -- "${folder%/*}" "$folder"
  own_file "$folder/phoenix_lxc_configs.json" 600 <<<"$containers" || true
  if [ -n "$host" ]; then
    own_file "$folder/phoenix_hypervisor_config.json" 600 <<<"$host" || true
  elif [ -e "$folder/phoenix_hypervisor_config.json" ]; then
    mend "$folder/phoenix_hypervisor_config.json" there missing forget_host_file "$folder"
  fi
  report
}

forget_host_file() {
  remove_file "$1/phoenix_hypervisor_config.json"
  changed "removed $1/phoenix_hypervisor_config.json"
}

main
