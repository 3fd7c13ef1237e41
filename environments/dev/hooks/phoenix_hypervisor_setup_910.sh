#!/usr/bin/env bash
# Runs on the host once container 910 (gateway) is there. Gives the host a name for the gateway: one line
# of /etc/hosts, owned by its trailing comment; every other line stays as it is.
set -euo pipefail

readonly hosts=/etc/hosts
readonly mark="# phoenix: container 910"
readonly line="10.0.0.210 gateway.phoenix.internal gateway ${mark}"

main() {
  if grep --quiet --line-regexp --fixed-strings "${line}" "${hosts}"; then
    echo "gateway is in ${hosts} already" >&2
    return
  fi
  local wanted
  wanted="$(mktemp "${hosts}.XXXXXX")"
  # shellcheck disable=SC2064 # the name is needed as it is now
  trap "rm -f '${wanted}'" EXIT
  grep --invert-match --fixed-strings "${mark}" "${hosts}" >"${wanted}" || [[ $? -eq 1 ]]
  echo "${line}" >>"${wanted}"
  chmod --reference="${hosts}" "${wanted}"
  mv "${wanted}" "${hosts}"
  echo "gateway added to ${hosts}" >&2
}

main "$@"
