#!/usr/bin/env bash
# What the scripts of NFS and Samba share.
. hypervisor/zfs/lib/report.sh
set -euo pipefail

# folder_ensure PATH DATASET: the folder exists, and its dataset is mounted. A missing folder is made on a dataset only:
# anywhere else it could hide a file system that is not mounted.
folder_ensure() {
  local path=$1 dataset=$2 mounted
  if [ -n "$dataset" ]; then
    has zfs "$dataset" ||
      err "dataset $dataset is not there, so $path would lie on the root disk; nothing was changed: correct zfs.datasets or the path"
    mounted=$(zfs get -H -o value mounted "$dataset")
    [ "$mounted" = yes ] ||
      err "dataset $dataset is not mounted, so $path would lie on the root disk; nothing was changed: 'zfs mount $dataset' tells why"
  fi
  if [ -e "$path" ] || [ -L "$path" ]; then
    [ -d "$path" ] || err "$path is not a folder; nothing was changed: move it away, or correct the path"
    [ "$(readlink -f -- "$path")" = "$path" ] ||
      err "$path leads to $(readlink -f -- "$path"); nothing was changed: write that path, if that is what is to be shared"
  elif [ -z "$dataset" ]; then
    err "$path is not there, and on no dataset; nothing was changed: make the folder first, or correct the path"
  else
    mend "folder $path" missing there make_folder "$path"
  fi
}

make_folder() {
  mkdir -p -- "$1"
  changed "created folder $1"
}
