# shellcheck shell=bash
# Fills folders of the host: over each lies a copy of it in memory, of just the size it has. Read by bash from
# standard input, in the daemon's own view of the host.
#
#   bash -s begin|end STAGE ROOT FREE FOLDER...    STAGE: an empty folder for work; FREE: KiB left to write
set -euo pipefail

# A folder and what is mounted in it, outermost first; the kernel's own file systems are left as they are.
mounts_of() {
  local folder=$1 point type
  printf '%s\n' "$folder"
  while read -r _ _ _ _ point _; do
    case "$point" in
    "$folder"/*) ;;
    *) continue ;;
    esac
    type=$(stat -f -c %T "$point")
    case "$type" in
    proc | sysfs | devpts | cgroup*) ;;
    *) printf '%s\n' "$point" ;;
    esac
  done </proc/self/mountinfo
}

begin() {
  local stage=$1 root=$2 free=$3 folder place used block
  shift 3
  local -a list=()
  for folder; do
    [ -d "$root$folder" ] || continue
    mapfile -t -O "${#list[@]}" list < <(mounts_of "$(realpath "$root$folder")")
  done
  mkdir -p "$stage"
  : >"$stage/list"
  for folder in "${list[@]}"; do
    place=$stage/$(grep -c . "$stage/list" || true)
    mkdir "$place"
    mount -t tmpfs full "$place"
    mkdir -m "$(stat -c %a "$folder")" "$place/data"
    # Beside the copy and out of sight: no size at all would mean no limit.
    echo full >"$place/block"
    printf '%s\n' "$folder" >>"$stage/list"
    cp -a --one-file-system "$folder/." "$place/data"
    block=$(stat -f -c %S "$place")
    used=$((($(stat -f -c %b "$place") - $(stat -f -c %f "$place")) * block))
    mount -o "remount,size=$((used + free * 1024))" "$place"
  done
  for place in "${!list[@]}"; do
    mount --bind "$stage/$place/data" "${list[place]}"
  done
}

end() {
  local stage=$1 index name
  local -a list
  mapfile -t list <"$stage/list"
  for ((index = ${#list[@]} - 1; index >= 0; index--)); do
    umount -l "${list[index]}"
    # Only what differs: the folder may be a running guest's.
    while IFS= read -r -d '' name; do
      if [ ! -e "$stage/$index/data/$name" ] && [ ! -L "$stage/$index/data/$name" ]; then
        rm -rf --one-file-system "${list[index]:?}/$name"
      fi
    done < <(cd "${list[index]}" && find . -xdev -mindepth 1 -print0)
    cp -a --update "$stage/$index/data/." "${list[index]}"
    umount -l "$stage/$index"
  done
  rm -rf --one-file-system "$stage"
}

"$@"
