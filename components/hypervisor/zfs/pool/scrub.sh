#!/usr/bin/env bash
# When a pool is scrubbed: by the timers that zfsutils-linux ships, which are off by default, or by the job in
# /etc/cron.d that scrubs every pool each month unless its org.debian:periodic-scrub says 'disable'.
. hypervisor/zfs/lib/report.sh

CRON=org.debian:periodic-scrub

timer_of() { printf 'zfs-scrub-%s@%s.timer\n' "$1" "$2"; }

timer_is_on() { systemctl is-enabled --quiet "$1" 2>/dev/null && systemctl is-active --quiet "$1" 2>/dev/null; }

# ensure_scrub POOL WHEN: weekly or monthly: that timer and nothing else; off: nothing; '': left as it is.
ensure_scrub() {
  local name=$1 when=$2 one timer cron
  # shellcheck disable=SC2153 # of zfs/lib/properties.sh, by which pool.sh has read the pool
  cron=${PROPERTY[$CRON]}
  [ -n "$when" ] || return 0
  for one in weekly monthly; do
    timer=$(timer_of "$one" "$name")
    if [ "$one" = "$when" ]; then
      timer_is_on "$timer" || mend "pool $name scrub" "not $one" "$one" start_timer "$name" "$one" "$timer"
    elif systemctl is-enabled --quiet "$timer" 2>/dev/null || systemctl is-active --quiet "$timer" 2>/dev/null; then
      mend "pool $name scrub" "$one" "$when" stop_timer "$name" "$one" "$timer"
    fi
  done
  # Two schedules would scrub the pool twice.
  [ "$cron" = disable ] || repair "pool $name $CRON" "$cron" disable zfs set "$CRON=disable" "$name"
}

# start_timer POOL WHEN TIMER
start_timer() {
  systemctl enable --now "$3" ||
    err "the timer $3 could not be switched on; its zfs-scrub timers come with the package zfsutils-linux"
  changed "pool $1: scrubbed $2 ($3 on)"
}

stop_timer() {
  systemctl disable --now "$3"
  changed "pool $1: not scrubbed $2 any more ($3 off)"
}

# drop_scrub POOL: removes the schedule when the pool is destroyed.
drop_scrub() {
  local one timer
  for one in weekly monthly; do
    timer=$(timer_of "$one" "$1")
    if systemctl is-enabled --quiet "$timer" 2>/dev/null; then
      systemctl disable --now "$timer" || true
    fi
  done
}
