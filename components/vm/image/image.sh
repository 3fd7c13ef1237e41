#!/usr/bin/env bash
# A disk image as a volume of a storage with content import: there, or copied from a path of the node.
# Settings: step.ts
set -euo pipefail

present() { pvesm list "$1" --content import | awk 'NR > 1 { print $1 }' | grep -Fx -- "$1:import/$2" >/dev/null; }

# A cloud image may be called .img and be qcow2; Proxmox VE goes by the ending alone.
require_format() {
  case $2 in
    *.qcow2) [ "$(head -c 3 -- "$1")" = QFI ] || err "$1 is no qcow2 image; nothing was changed. Give a path that ends in .raw for a raw one" ;;
  esac
}

# Proxmox VE knows a file as an image only on a storage with content type `import`.
require_import() {
  local content
  content=$(pvesh get "/storage/$1" --output-format json 9>&- | jq -r '.content // ""') ||
    err "storage $1 does not exist on node '$(hostname)'; nothing was changed. Name another image_storage"
  [[ ,$content, == *,import,* ]] ||
    err "storage $1 holds no images to import (it holds $content); nothing was changed." \
      "Add it: pvesm set $1 --content $content,import; or name another image_storage"
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
