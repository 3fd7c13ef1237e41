#!/usr/bin/env bash
# Feature base_setup: the tools every container of the estate has, and an English UTF-8 locale.
. guest/features/prelude.sh
set -euo pipefail

have_locale() { locale -a 2>/dev/null | grep -Eix 'en_US\.utf-?8' >/dev/null; }

# locales_wanted: /etc/locale.gen with that one.
locales_wanted() {
  awk '{ sub(/^# *en_US\.UTF-8 UTF-8/, "en_US.UTF-8 UTF-8"); print } $0 == "en_US.UTF-8 UTF-8" { found = 1 }
    END { if (!found) print "en_US.UTF-8 UTF-8" }' /etc/locale.gen
}

main() {
  require_debian_kin base_setup
  packages ca-certificates curl wget gnupg git rsync jq vim htop s-tui locales
  if ! have_locale; then
    keep_file /etc/locale.gen < <(locales_wanted) || true
    locale-gen
    have_locale || fail 5 "the locale en_US.UTF-8 could not be made"
    did "made the locale en_US.UTF-8"
  fi
  if keep_file /etc/default/locale <<<LANG=en_US.UTF-8; then
    did "set LANG=en_US.UTF-8"
  fi
}

main
