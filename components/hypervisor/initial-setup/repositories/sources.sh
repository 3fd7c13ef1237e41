#!/usr/bin/env bash
# apt's package sources as files: which repositories they enable.
set -euo pipefail

SOURCES=/etc/apt/sources.list.d
OWN_SOURCES=$SOURCES/phoenix-proxmox.sources
# shellcheck disable=SC2034 # for the scripts that source this
NODE_SOURCES=$SOURCES/phoenix-nodesource.sources
# shellcheck disable=SC2034 # likewise
NODE_KEY=/usr/share/keyrings/phoenix-nodesource.asc

# release_name: Debian's name for the release that this Proxmox VE is based on.
release_name() {
  local version name
  name=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  # A look need not wait for Perl.
  ! looking || {
    printf '%s' "$name"
    return 0
  }
  version=$(pveversion)
  case $version:$name in
    pve-manager/9.*:trixie | pve-manager/8.*:bookworm) printf '%s' "$name" ;;
    *) err "Proxmox VE 9 stands on Debian trixie and 8 on bookworm; this node has $version on '$name': nothing was changed" ;;
  esac
}

# source_files: every file that apt reads its sources from.
source_files() {
  local path
  for path in /etc/apt/sources.list "$SOURCES"/*.list "$SOURCES"/*.sources; do
    [ ! -f "$path" ] || printf '%s\n' "$path"
  done
}

# offers PATH URI COMPONENT: whether a file enables a component of a repository.
offers() {
  if [ "${1##*.}" = sources ]; then
    awk -v uri="$2" -v component="$3" '
      function close_stanza() { if (has_uri && has_component && !off) found = 1; has_uri = has_component = off = 0 }
      /^[ \t]*$/ { close_stanza(); next }
      /^#/ { next }
      /^[^ \t]/ { field = tolower($1) }
      field == "enabled:" && tolower($2) ~ /^(no|false|without|off|disable|0)$/ { off = 1 }
      { for (i = 1; i <= NF; i++) { sub(/\/+$/, "", $i)
          if (field == "uris:" && ($i == "http://" uri || $i == "https://" uri)) has_uri = 1
          if (field == "components:" && $i == component) has_component = 1 } }
      END { close_stanza(); exit !found }' "$1"
  else
    sed 's/#.*//' "$1" | grep -E >/dev/null "^[[:space:]]*deb[[:space:]](.*[[:space:]])?https?://$2/*[[:space:]](.*[[:space:]])?$3([[:space:]]|\$)"
  fi
}

# key_of PATH URI: the file of keys that an enabled entry for a repository names.
key_of() {
  if [ "${1##*.}" = sources ]; then
    awk -v uri="$2" '
      function close_stanza() { if (has_uri && !off && key ~ /^\//) print key; has_uri = off = 0; key = "" }
      /^[ \t]*$/ { close_stanza(); next }
      /^#/ { next }
      /^[^ \t]/ { field = tolower($1) }
      field == "enabled:" && tolower($2) ~ /^(no|false|without|off|disable|0)$/ { off = 1 }
      field == "signed-by:" { key = key $2 }
      field == "uris:" { for (i = 1; i <= NF; i++) { sub(/\/+$/, "", $i); if ($i == "http://" uri || $i == "https://" uri) has_uri = 1 } }
      END { close_stanza() }' "$1"
  else
    sed -nE "s|^[[:space:]]*deb[[:space:]]+\\[([^]]*[[:space:]])?signed-by=(/[^] ]*).*\\][[:space:]]+https?://$2/*[[:space:]].*|\\2|p" "$1"
  fi
}

# signed_by URI KEYRING: the keys to name for a repository: those that another entry of it names, else KEYRING. Where
# two entries name different ones, apt reads none of its sources.
signed_by() {
  local path key
  while read -r path; do
    [ "$path" != "$OWN_SOURCES" ] || continue
    key=$(key_of "$path" "$1" | head -n 1)
    [ -z "$key" ] || {
      printf '%s' "$key"
      return 0
    }
  done < <(source_files)
  printf '%s' "$2"
}

# offered URI COMPONENT OWN: whether another file than OWN enables it.
offered() {
  local path
  while read -r path; do
    if [ "$path" != "$3" ] && offers "$path" "$1" "$2"; then return 0; fi
  done < <(source_files)
  return 1
}

# without_enterprise PATH: its text with every repository that needs a subscription disabled, as the node's
# own interface does it: apt-get update would fail on them.
without_enterprise() {
  if [ "${1##*.}" = sources ]; then
    awk '
      function close_stanza(  i, paid, off) {
        for (i = 1; i <= n; i++) {
          if (line[i] !~ /^#/ && line[i] ~ /enterprise\.proxmox\.com/) paid = 1
          if (tolower(line[i]) ~ /^enabled:[ \t]*(no|false|without|off|disable|0)[ \t]*$/) off = 1
        }
        for (i = 1; i <= n; i++) if (!paid || off || tolower(line[i]) !~ /^enabled:/) print line[i]
        if (paid && !off) print "Enabled: no"
        n = 0
      }
      /^[ \t]*$/ { close_stanza(); print; next }
      { line[++n] = $0 }
      END { close_stanza() }' "$1"
  else
    sed -E 's|^[[:space:]]*deb(-src)?[[:space:]].*//enterprise\.proxmox\.com/|#&|' "$1"
  fi
}

# stanza URI SUITE COMPONENT KEYRING
stanza() { printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\nSigned-By: %s\n' "$@"; }

# proxmox_keyring: the key file that the node uses for Proxmox's packages. Whether they sign the repository, apt-get update
# shows.
proxmox_keyring() {
  local path owner
  for path in /usr/share/keyrings/proxmox-archive-keyring.gpg /etc/apt/trusted.gpg.d/proxmox-release-bookworm.gpg; do
    [ -s "$path" ] || continue
    owner=$(dpkg-query -S "$path" 2>/dev/null | cut -d: -f1) || owner=''
    [ -n "$owner" ] || err "$path belongs to no package; install proxmox-archive-keyring, which brings the real one: nothing was changed"
    printf '%s' "$path"
    return 0
  done
  err "the keys of Proxmox's repositories are missing; install the package proxmox-archive-keyring: nothing was changed"
}

# proxmox_sources: the text of our file: what the node's other files do not enable already.
proxmox_sources() {
  local name=$1 keyring=$2 ceph pve='' storage=''
  ceph=$(source_files | grep -Fxv "$OWN_SOURCES" | xargs -r grep -ho 'debian/ceph-[a-z]*' | head -n 1) || true
  ceph=download.proxmox.com/${ceph:-debian/ceph-squid}
  ! offered download.proxmox.com/debian/pve pve-no-subscription "$OWN_SOURCES" || pve=there
  ! offered "$ceph" no-subscription "$OWN_SOURCES" || storage=there
  [ -z "$pve" ] || [ -z "$storage" ] || return 0
  echo '# Written by Phoenix: Proxmox VE and Ceph without a subscription.'
  [ -n "$pve" ] || stanza http://download.proxmox.com/debian/pve "$name" pve-no-subscription "$(signed_by download.proxmox.com/debian/pve "$keyring")"
  [ -n "$pve$storage" ] || echo
  [ -n "$storage" ] || stanza "http://$ceph" "$name" no-subscription "$(signed_by "$ceph" "$keyring")"
}
