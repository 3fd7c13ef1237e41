#!/usr/bin/env bash
# Feature python_api_service: Python with pip and virtual environments, in which an application installs what it needs.
. guest/features/prelude.sh
set -euo pipefail

# prove: without the package of venv, Python has no ensurepip, and makes no environment with pip.
prove() {
  python3 -c 'import ensurepip, venv' || fail 5 "Python is installed, but makes no virtual environments; see the step's log"
}

main() {
  require_debian_kin python_api_service
  packages python3 python3-pip python3-venv
  prove
}

main
