#!/usr/bin/env bash
# A disk image as a volume of a storage with content import: there, or copied from a path of the node.
# Settings: step.ts
. host/lib/once.sh
set -euo pipefail

# listed STORAGE: its images.
listed() { asked "images-$1" timeout -k 5 120 pvesm list "$1" --content import; }

present() { listed "$1" | awk 'NR > 1 { print $1 }' | grep -Fx -- "$1:import/$2" >/dev/null; }

# A cloud image may be called .img and be qcow2; Proxmox VE goes by the ending alone.
require_format() {
  case $2 in
    *.qcow2) [ "$(head -c 3 -- "$1")" = QFI ] || err "$1 is no qcow2 image; nothing was changed. Give a path that ends in .raw for a raw one" ;;
  esac
}

# Proxmox VE knows a file as an image only on a storage with content type `import`.
require_import() {
  local content
  content=$(asked "storage-$1" timeout -k 5 60 pvesh get "/storage/$1" --output-format json 9>&- | jq -r '.content // ""') ||
    err "storage $1 does not exist on node '$(hostname)'; nothing was changed. Name another image_storage"
  [[ ,$content, == *,import,* ]] ||
    err "storage $1 holds no images to import (it holds $content); nothing was changed." \
      "Add it: pvesm set $1 --content $content,import; or name another image_storage"
}

# look_at_copy STORAGE FILE PATH: by its size: a look does not read gigabytes. A copy stays right where its path is gone.
look_at_copy() {
  local size
  size=$(listed "$1" | awk -v volume="$1:import/$2" '$1 == volume { print $4 }')
  if [ -z "$size" ]; then
    differs "image $1:import/$2" missing "a copy of $3"
  elif [ -f "$3" ] && [ "$(stat -L -c %s -- "$3")" != "$size" ]; then
    differs "image $1:import/$2" "another file of $size bytes" "a copy of $3"
  fi
}

main() {
  need_cmd pvesm pvesh jq
  read_settings
  local storage='' file='' path='' target
  load storage=storage file=file path=path
  lock "image-$storage-$file" 1800
  require_import "$storage"
  if [ -z "$path" ]; then
    present "$storage" "$file" ||
      err "image $storage:import/$file does not exist; nothing was changed. 'pvesm list $storage --content import' lists" \
        "what there is; put the file there, or name another template"
  elif looking; then
    look_at_copy "$storage" "$file" "$path"
  else
    [ -f "$path" ] || err "image $path does not exist on node '$(hostname)'; nothing was changed. Correct the template's path"
    require_format "$path" "$file"
    target=$(pvesm path "$storage:import/$file")
    if ! cmp -s -- "$path" "$target"; then
      mkdir -p "$(dirname "$target")"
      rm -f "$target.part"
      cp --sparse=always -- "$path" "$target.part" || {
        rm -f "$target.part"
        err "image $path could not be copied to $target; its message is above"
      }
      take_place "$target.part" "$target" || err "image $path could not be put at $target; its message is above"
      changed "copied $path to $storage:import/$file"
    fi
  fi
  report
}

main
