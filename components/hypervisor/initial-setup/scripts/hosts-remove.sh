#!/usr/bin/env bash
# /etc/hosts is what it was before, unless the node has got another name since: it could not start then.
set -euo pipefail

main() {
  cat >/dev/null
  local name
  lock hosts 60
  name=$(hostname)
  if [ -e "$PHOENIX_STATE/originals/etc/hosts" ] && ! grep -qw -- "${name%%.*}" "$PHOENIX_STATE/originals/etc/hosts"; then
    say "the /etc/hosts of before does not name ${name%%.*}: kept as it is"
  else
    bring_back /etc/hosts
  fi
  report
}

main
