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
stack$'\t'export*)
  if [[ ${FAKE_STACKS:-} != *"\"${!#}\""* ]]; then
    echo "error: no stack named '${!#}' found" >&2
    exit 6
  fi
  if [ -n "${FAKE_STATE:-}" ]; then cat "$FAKE_STATE"; else echo '{"version":3}'; fi
  ;;
up*)
  if [ -n "${WAIT_FOR_SIGNAL:-}" ]; then
    trap 'echo INT >>"$RECORD"' INT
    echo waiting
    for _ in 1 2 3 4 5 6; do sleep 0.5; done
    exit 7
  fi
  ;;
config$'\t'*) echo "${FAKE_CONFIG:-{\}}" ;;
esac
# What it is told to say of a run: on the terminal, and in its log, which pulumi opens for reading and writing.
if [ -n "${FAKE_TALK:-}" ] && [[ $(tail -n 1 "$RECORD") == *--event-log* ]]; then
  cat "$FAKE_TALK"
  cat "$FAKE_TALK" >&2
  log=$(tail -n 1 "$RECORD")
  log=${log##*--event-log$'\t'}
  exec 5<>"${log%%$'\t'*}"
  if [ -n "${FAKE_PAUSE:-}" ]; then
    echo pausing
    sleep 1
  fi
  cat "$FAKE_TALK" >&5
  if [ -n "${FAKE_DIES:-}" ]; then kill -KILL $$; fi
  : >"$RECORD.done"
fi
exit "${FAKE_EXIT:-0}"
