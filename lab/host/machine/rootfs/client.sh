#!/bin/bash
# A stand-in command: hands its call to the lab's daemon and acts on the reply, which is shell text ended by
# a NUL. Builtins only, so that a command costs one process.
if ! IFS=' ' read -r port token 2>/dev/null </run/phoenix-lab/daemon; then
  printf '%s: only root can do this\n' "${0##*/}" >&2
  exit 126
fi
exec {daemon}<>"/dev/tcp/127.0.0.1/$port" || exit 126
printf '%s\0' "$token" "$$" "${0##*/}" "$PWD" "$#" "$@" >&"$daemon"
while IFS= read -r -d '' -u "$daemon" reply; do
  eval "$reply"
done
printf "%s: the lab's daemon went away\n" "${0##*/}" >&2
exit 126
