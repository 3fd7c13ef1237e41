#!/usr/bin/env bash
# Part of the prelude: what a script shows and what it keeps in its log. A guest, or a tool, may print anything;
# the log has its bytes, the terminal gets text.

# Most bytes that are shown of a line, and of a step's whole output before its end.
LINE_SHOWN=2000
STEP_SHOWN=200000
# A text of ASCII alone is kept and sent at half the cost, so that this is written by its bytes.
ELLIPSIS=$'\xe2\x80\xa6'
PLAIN=''

# plain TEXT: sets PLAIN to the text without escape sequences, control characters (but tabs), marks that change the
# direction of reading, and bytes that are not UTF-8.
plain() {
  local rest=$1 body
  PLAIN=''
  while [[ $rest == *$'\e'* ]]; do
    PLAIN+=${rest%%$'\e'*}
    rest=${rest#*$'\e'}
    case $rest in
      '['*)
        rest=${rest:1}
        body=${rest%%[@-~]*}
        rest=${rest:$((${#body} + 1))}
        ;;
      ']'* | [P_^X]*)
        body=${rest%%[$'\a\e']*}
        rest=${rest:${#body}}
        ;;
      [\ -/]*)
        body=${rest%%[0-~]*}
        rest=${rest:$((${#body} + 1))}
        ;;
      *) rest=${rest:1} ;;
    esac
  done
  PLAIN+=$rest
  PLAIN=${PLAIN//[$'\x01'-$'\x08'$'\x0a'-$'\x1f'$'\x7f']/}
  [[ $PLAIN == *[$'\x80'-$'\xff']* ]] || return 0
  PLAIN=$(iconv -f UTF-8 -t UTF-8 -c <<<"$PLAIN" 2>/dev/null) || [ -n "$PLAIN" ] || PLAIN='(bytes that are no text)'
  PLAIN=${PLAIN//$'\xc2'[$'\x80'-$'\x9f']/}
  PLAIN=${PLAIN//$'\xe2\x80'[$'\xaa'-$'\xae']/}
  PLAIN=${PLAIN//$'\xe2\x81'[$'\xa6'-$'\xa9']/}
}

# show BYTES: standard input on standard error, plain, a carriage return taken for the end of a line. What a line has
# behind LINE_SHOWN bytes is left out: the engine's plugin hangs for ever on one of 64 KiB. False when there is more
# than BYTES of it.
show() {
  local piece index left=$1 more='' behind=''
  local -a parts
  while [ "$left" -gt 0 ]; do
    IFS= read -r -n "$LINE_SHOWN" piece || [ -n "$piece" ] || return 0
    # A read that ends at neither a line's nor the input's end has exactly that many bytes.
    [ "${#piece}" -lt "$LINE_SHOWN" ] && more='' || more=" [$ELLIPSIS the line goes on]"
    if [ -n "$behind" ]; then
      behind=$more
      [[ $piece == *$'\r'* ]] || continue
      piece=${piece#*$'\r'}
    fi
    behind=$more
    parts=("$piece")
    [[ $piece != *$'\r'* ]] || IFS=$'\r' read -r -d '' -a parts <<<"$piece" || true
    for index in "${!parts[@]}"; do
      [ -n "${parts[index]%$'\n'}" ] || [ -z "$piece" ] || continue
      plain "${parts[index]}"
      [ "$index" -lt $((${#parts[@]} - 1)) ] || PLAIN+=$more
      printf '%s\n' "$PLAIN" 2>/dev/null || true
      left=$((left - ${#PLAIN} - 1))
    done
  done >&2
  return 1
}

show_all() {
  show "$STEP_SHOWN" && return 0
  printf '[%s more than is shown here; it ends with:]\n' "$ELLIPSIS" >&2 2>/dev/null || true
  tail -c 20000 | show "$STEP_SHOWN" || true
}

# Standard output becomes state, so only `report` writes there; whatever else a tool prints is progress, and shown.
exec 3>&1
exec 2> >(exec 3>&-; show_all)
exec 1>&2

# With a log of its own (log_as), what the tools print goes there and `say` is still shown, on descriptor 4.
LOG=''
# The byte of it at which this run's lines begin.
LOG_FROM=1
ERROR_SHOWN=''

say() {
  [ -z "$LOG" ] || printf '%s\n' "$*" >&4 || true
  printf '%s\n' "$*" >&2 || true
}

# err WHY…: ends the script with exit code 1, or $CODE: `CODE=4 err …`. NVIDIA's steps have the original's: 2 invalid
# input, 3 container not found, 4 configuration of the host, 5 installation, 6 restart.
err() {
  local seen='' words="$*"
  if [ -n "$LOOK" ]; then "$LOOK" "$words"; fi
  ERROR_SHOWN=yes
  if [ -n "$LOG" ] && seen=$(log_tail) && [ -n "$seen" ]; then
    printf '%s\n' "$seen" >&4 || true
    seen=" (all of its output: $LOG on $(hostname))"
  fi
  [ "${#words}" -le 1500 ] || words="${words:0:1500}$ELLIPSIS"
  say "phoenix: $words$seen"
  exit "${CODE:-1}"
}

# log_as NAME: from here on the output of every tool goes to $PHOENIX_LOGS/NAME.log; a failure shows its end.
log_as() {
  local last pos
  # A look leaves nothing behind.
  [ -z "$LOOK" ] || return 0
  [ -d "$PHOENIX_LOGS" ] || mkdir -p "$PHOENIX_LOGS"
  LOG=$PHOENIX_LOGS/$1.log
  # A killed run, or a progress bar, may have left a last line without its end.
  if [ -s "$LOG" ] && IFS='' read -r -d '' -n 1 last < <(tail -c 1 "$LOG") && [ "$last" != $'\n' ]; then
    echo >>"$LOG"
  fi
  exec 4>&2
  exec 1>>"$LOG" 2>&1
  TZ=UTC0 printf '== %(%FT%TZ)T %s\n' -1 "$1"
  read -r _ pos </proc/self/fdinfo/1
  LOG_FROM=$((pos + 1))
  trap log_end EXIT
}

# The last lines of this run's log, at most 20.
log_tail() { tail -c "+$LOG_FROM" "$LOG" | tr -d '\000' | tr '\r' '\n' | cut -b "1-$((LINE_SHOWN + 1))" | grep -a . | tail -n 20; }

# last_line: the last of them, for use in an error of ours.
last_line() {
  plain "$(log_tail | tail -n 1 | cut -b 1-300)"
  printf '%s\n' "$PLAIN"
}

# For a command that failed without an error of ours: shows its output.
log_end() {
  local code=$?
  if [ "$code" -ne 0 ] && [ -z "$ERROR_SHOWN" ]; then
    err "a command failed with exit code $code"
  fi
}

# changed WHAT: notes one thing that was done; it ends up in the result.
changed() {
  plain "$*"
  say "$*"
  if [ "${#DID[@]}" -lt 100 ]; then DID+=("${PLAIN:0:300}"); fi
}
