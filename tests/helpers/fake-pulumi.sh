#!/usr/bin/env bash
# Takes the place of a `pulumi` on PATH and writes down what it is asked: it changes nothing, and knows
# no stack but those of FAKE_STACKS. The tests that use it are about what the command line hands over.
set -u
{
  printf '%s' "$1"
  shift
  printf '\t%s' "$@"
  printf '\n'
} >>"$RECORD"
env | grep -E '^(PHOENIX|PULUMI)_' | LC_ALL=C sort >"$RECORD.env"
case "$(tail -n 1 "$RECORD")" in
stack$'\t'ls*) echo "${FAKE_STACKS:-[]}" ;;
stack$'\t'export*) if [ -n "${FAKE_STATE:-}" ]; then cat "$FAKE_STATE"; else echo '{"version":3}'; fi ;;
up*)
  if [ -n "${WAIT_FOR_SIGNAL:-}" ]; then
    trap 'echo INT >>"$RECORD"' INT
    echo waiting
    for _ in 1 2 3 4 5 6; do sleep 0.5; done
    exit 7
  fi
  ;;
esac
exit "${FAKE_EXIT:-0}"
