# shellcheck shell=bash
# Makes a container template: the folders and files of a distribution's root file system that scripts look at.
# Programs are not in it: a running guest sees the host's own /usr below the archive's. Read by bash from
# standard input.
#
#   OS VERSION CODENAME   what /etc/os-release says
#   SYSTEMD               its version; empty where it is not the init
#   TARGET                archive to make

release() {
  case $OS in
  ubuntu)
    printf '%s\n' "PRETTY_NAME=\"Ubuntu $VERSION LTS\"" 'NAME="Ubuntu"' "VERSION_ID=\"$VERSION\"" \
      "VERSION=\"$VERSION LTS\"" "VERSION_CODENAME=$CODENAME" ID=ubuntu ID_LIKE=debian "UBUNTU_CODENAME=$CODENAME"
    ;;
  debian)
    printf '%s\n' "PRETTY_NAME=\"Debian GNU/Linux $VERSION ($CODENAME)\"" 'NAME="Debian GNU/Linux"' \
      "VERSION_ID=\"$VERSION\"" "VERSION=\"$VERSION ($CODENAME)\"" "VERSION_CODENAME=$CODENAME" ID=debian
    ;;
  alpine)
    printf '%s\n' 'NAME="Alpine Linux"' ID=alpine "VERSION_ID=$VERSION" "PRETTY_NAME=\"Alpine Linux v${VERSION%.*}\""
    ;;
  esac
}

accounts() {
  printf '%s\n' root:x:0:0:root:/root:/bin/bash daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin \
    www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin \
    >etc/passwd
  printf '%s\n' root:x:0: daemon:x:1: adm:x:4: tty:x:5: sudo:x:27: www-data:x:33: video:x:44: users:x:100: \
    nogroup:x:65534: >etc/group
  printf '%s\n' 'root:*:19000:0:99999:7:::' 'daemon:*:19000:0:99999:7:::' 'www-data:*:19000:0:99999:7:::' \
    'nobody:*:19000:0:99999:7:::' >etc/shadow
  chmod 640 etc/shadow
}

# Nobody runs it: a node reads the version from the library that it needs.
# shellcheck disable=SC2016 # expanded where it is run
init() {
  mkdir -p usr/lib/systemd
  printf '%s\n' '#!/bin/sh' "# NEEDED libsystemd-shared-$SYSTEMD.so" \
    'echo "$0: the lab runs no systemd of its own in a guest" >&2' 'exit 1' >usr/lib/systemd/systemd
  chmod 755 usr/lib/systemd/systemd
  ln -s ../lib/systemd/systemd usr/sbin/init
}

# As in the templates of Proxmox: one-line style up to Debian 12, deb822 behind it.
debian_sources() {
  if [ "$VERSION" -le 12 ]; then
    printf '%s\n\n' "deb http://deb.debian.org/debian $CODENAME main contrib" \
      "deb http://deb.debian.org/debian $CODENAME-updates main contrib" \
      "deb http://security.debian.org $CODENAME-security main contrib" >etc/apt/sources.list
  else
    printf '%s\n' "Types: deb" "URIs: http://deb.debian.org/debian" "Suites: $CODENAME $CODENAME-updates" \
      "Components: main contrib" "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg" "" \
      "Types: deb" "URIs: http://security.debian.org" "Suites: $CODENAME-security" "Components: main contrib" \
      "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg" >etc/apt/sources.list.d/debian.sources
  fi
}

system() {
  mkdir -p boot dev etc/apt/sources.list.d etc/apt/keyrings etc/profile.d etc/systemd/system home media mnt opt proc \
    root run srv sys tmp usr/bin usr/lib usr/lib64 usr/sbin usr/local/bin usr/local/sbin usr/share/keyrings \
    var/cache/apt var/lib/dpkg var/lib/apt/lists var/log var/tmp
  chmod 1777 tmp var/tmp
  chmod 700 root
  local folder
  for folder in bin lib lib64 sbin; do
    ln -s "usr/$folder" "$folder"
  done
  [ -z "$SYSTEMD" ] || init
  release >usr/lib/os-release
  ln -s ../usr/lib/os-release etc/os-release
  accounts
  printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >etc/hosts
  printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n' >etc/nsswitch.conf
  printf 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n' >etc/profile
  : >var/lib/dpkg/status
  # Names such as awk and vi lead through this folder on Debian and its kin. Each file costs every copy of a volume
  # its time, so those of manuals and the like stay away.
  if [ -d /etc/alternatives ]; then
    mkdir etc/alternatives
    find /etc/alternatives \( -lname '/bin/*' -o -lname '/sbin/*' -o -lname '/usr/bin/*' -o -lname '/usr/sbin/*' \) \
      -exec cp -a -t etc/alternatives {} +
  fi
  for folder in ssl ca-certificates; do
    if [ -d "/etc/$folder" ]; then
      mkdir -p "etc/$folder"
    fi
  done
  case $OS in
  alpine)
    printf '%s\n' "$VERSION" >etc/alpine-release
    # BusyBox, which Alpine's ls is, fails with 1 where GNU's fails with 2.
    printf '%s\n' '#!/bin/sh' 'dir -1N "$@" || exit 1' >usr/bin/ls
    chmod 755 usr/bin/ls
    ;;
  ubuntu)
    printf '%s\n' "Types: deb" "URIs: http://archive.ubuntu.com/ubuntu/" \
      "Suites: $CODENAME $CODENAME-updates $CODENAME-security" "Components: main restricted universe multiverse" \
      "Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg" >etc/apt/sources.list.d/ubuntu.sources
    printf '%s\n' "DISTRIB_ID=Ubuntu" "DISTRIB_RELEASE=$VERSION" "DISTRIB_CODENAME=$CODENAME" \
      "DISTRIB_DESCRIPTION=\"Ubuntu $VERSION LTS\"" >etc/lsb-release
    printf 'trixie/sid\n' >etc/debian_version
    ;;
  debian)
    printf '%s\n' "$VERSION.0" >etc/debian_version
    debian_sources
    ;;
  esac
}

main() {
  set -euo pipefail
  local work
  work=$(mktemp -d)
  mkdir "$work/root"
  cd "$work/root"
  system
  # tar tells the compression from the content when it unpacks, so gzip does where zstd is not installed.
  local pack=gzip
  if [ "${TARGET%.zst}" != "$TARGET" ] && command -v zstd >/dev/null; then
    pack=zstd
  fi
  mkdir -p "${TARGET%/*}"
  tar --create --numeric-owner --owner 0 --group 0 "--$pack" --file "$TARGET.part" .
  mv "$TARGET.part" "$TARGET"
  cd /
  rm -rf "$work"
}

main
