#!/usr/bin/env bash
# NVIDIA's .run installer on the host: downloaded once, verified before it is used.
set -euo pipefail

RUNFILE_CACHE=/var/cache/phoenix

# runfile_path VERSION
runfile_path() { printf '%s/NVIDIA-Linux-x86_64-%s.run\n' "$RUNFILE_CACHE" "$1"; }

# runfile_problem FILE VERSION SHA256: why a file cannot be used; nothing when it can.
runfile_problem() {
  local file=$1 version=$2 sha256=$3 got
  if [ -n "$sha256" ]; then
    got=$(sha256sum "$file")
    if [ "${got%% *}" != "${sha256,,}" ]; then
      printf 'it has the checksum %s, not nvidia_driver.runfile_sha256 %s' "${got%% *}" "$sha256"
      return 0
    fi
  fi
  # The archive's own check finds a truncated file, or one that is no installer at all.
  if [ "$(head -c 2 "$file")" != '#!' ] || ! sh "$file" --check >/dev/null 2>&1; then
    printf 'it is not an undamaged .run installer'
  elif ! grep -Fqw -- "$version" <<<"$(sh "$file" --info 2>/dev/null)"; then
    printf 'it is not the installer of version %s' "$version"
  fi
}

# runfile_fetch URL VERSION SHA256: downloads the installer to the cache, and verifies it before it gets its name. Steps of
# containers that need it at the same time wait for the first of them.
runfile_fetch() {
  acquire_lock 8 runfile 1800 ||
    err "another run still fetches the NVIDIA installer after 30 minutes$(holder runfile); run again when it has ended"
  runfile_fetch_alone "$@"
  exec 8>&-
}

runfile_fetch_alone() {
  local url=$1 version=$2 sha256=$3 file part problem code=0 said allowed='https,http,ftp,file'
  # Without a checksum, https must not redirect to http, where the installer could be changed on the way.
  [ -n "$sha256" ] || allowed='https,file'
  file=$(runfile_path "$version")
  part=$file.part
  if [ -e "$file" ]; then
    problem=$(runfile_problem "$file" "$version" "$sha256")
    [ -n "$problem" ] || return 0
    say "$file cannot be used: $problem; fetching it again"
    rm -f "$file"
  fi
  mkdir -p "$RUNFILE_CACHE" 2>/dev/null || err "$RUNFILE_CACHE could not be made; nothing was changed"
  said=$(curl -fsSL --proto "=$allowed" --retry 3 --connect-timeout 30 -C - -o "$part" "$url" 2>&1 8>&- 9>&-) || code=$?
  if [ "$code" -ne 0 ] && [ -s "$part" ]; then
    # The server cannot resume, or has another file now.
    rm -f "$part"
    code=0
    said=$(curl -fsSL --proto "=$allowed" --retry 3 --connect-timeout 30 -o "$part" "$url" 2>&1 8>&- 9>&-) || code=$?
  fi
  if [ "$code" -ne 0 ]; then
    rm -f "$part"
    CODE=5 err "the NVIDIA installer could not be fetched from $url: $(tail -n 1 <<<"$said") (curl $code);" \
      "check nvidia_driver.runfile_url, the node's network and free space ('df -h $RUNFILE_CACHE'). Nothing was changed"
  fi
  problem=$(runfile_problem "$part" "$version" "$sha256")
  if [ -n "$problem" ]; then
    rm -f "$part"
    CODE=2 err "the file from $url was refused and removed: $problem;" \
      "correct nvidia_driver.runfile_url, version or runfile_sha256. Nothing was changed"
  fi
  chmod 644 "$part"
  take_place "$part" "$file" || err "$part could not be kept as $file; is the disk full? ('df -h $RUNFILE_CACHE')"
  changed "fetched the NVIDIA installer $version"
}
