#!/usr/bin/env bash
# What is noted of a Samba user.
set -euo pipefail

# shellcheck disable=SC2034
ACCOUNTS=$PHOENIX_STATE/samba

# passdb NAME: the user's entry in Samba's database, empty without one. It holds a hash: never printed.
passdb() { pdbedit -L -w -u "$1" 2>/dev/null | grep "^$1:" || true; }

# digest: of standard input, so that a secret is in no argument of a process.
digest() { sha512sum | cut -d ' ' -f 1; }
