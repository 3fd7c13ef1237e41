#!/usr/bin/env bash
# Feature base_setup: the tools every container of the estate has, and an English UTF-8 locale.
set -euo pipefail

have_locale() { locale -a 2>/dev/null | grep -Eix 'en_US\.utf-?8' >/dev/null; }

main() {
  require_debian_kin base_setup
  packages ca-certificates curl wget gnupg git rsync jq vim htop s-tui locales
  if ! have_locale; then
    sed -i 's/^# *\(en_US.UTF-8 UTF-8\)/\1/' /etc/locale.gen
    grep -qx 'en_US.UTF-8 UTF-8' /etc/locale.gen || printf 'en_US.UTF-8 UTF-8\n' >>/etc/locale.gen
    locale-gen
    have_locale || fail 5 "the locale en_US.UTF-8 could not be made"
    did "made the locale en_US.UTF-8"
  fi
  if keep_file /etc/default/locale <<<LANG=en_US.UTF-8; then
    did "set LANG=en_US.UTF-8"
  fi
}

main
