#!/usr/bin/env bash
# Runs on the host once container 910 (gateway) is there: `ssh gateway` then reaches it by name.
# Owns one file of its own, writes it only when it differs, and replaces it in one step.
set -euo pipefail

readonly file=/etc/ssh/ssh_config.d/phoenix-gateway.conf

main() {
  local wanted="Host gateway
  HostName 10.0.0.210
  User root"
  if [[ -f ${file} && "$(<"${file}")" == "${wanted}" ]]; then
    echo "${file} is as it should be" >&2
    return
  fi
  mkdir -p "${file%/*}"
  printf '%s\n' "${wanted}" >"${file}.new"
  chmod 644 "${file}.new"
  mv "${file}.new" "${file}"
  echo "${file} written" >&2
}

main "$@"
