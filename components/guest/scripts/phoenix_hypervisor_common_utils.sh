#!/usr/bin/env bash
# Functions that the original's scripts read in their first lines, by its names. Carried beside a script that names this
# file, into the guest or for a hook on the node; a file of this name beside the script takes its place. It sets what the
# original's set: a failed command, also in a pipe, ends the script.
#
# In a container there is no pct: `pct exec` and `pct push` of the original's scripts then work in the container itself.
set -e
set -o pipefail

export LXC_CONFIG_FILE=${LXC_CONFIG_FILE:-/usr/local/phoenix_hypervisor/etc/phoenix_lxc_configs.json}
export HYPERVISOR_CONFIG_FILE=${HYPERVISOR_CONFIG_FILE:-/usr/local/phoenix_hypervisor/etc/phoenix_hypervisor_config.json}
export PATH=/usr/local/bin:$PATH
if locale -a 2>/dev/null | grep -Eix 'en_US\.utf-?8' >/dev/null; then
  { export LANG=en_US.UTF-8 LC_ALL=en_US.UTF-8; } 2>/dev/null
fi

# All output is in the step's log on the node; in a guest it is here too.
if [ -z "${MAIN_LOG_FILE:-}" ]; then
  MAIN_LOG_FILE=/var/log/phoenix_hypervisor.log
  [ ! -d /etc/pve ] || MAIN_LOG_FILE=/dev/null
fi
export MAIN_LOG_FILE

# log_line LEVEL MESSAGE…: \n in a message begins a new line.
log_line() {
  printf '%s [%s] %s: %b\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$1" "$(basename -- "$0")" "${*:2}" | tee -a "$MAIN_LOG_FILE" >&2 || true
}

log_debug() { [ "${PHOENIX_DEBUG:-}" != true ] || log_line DEBUG "$@"; }
log_info() { log_line INFO "$@"; }
log_success() { log_line SUCCESS "$@"; }
log_warn() { log_line WARN "$@"; }
log_error() { log_line ERROR "$@"; }

# log_fatal MESSAGE…: ends the script with exit code 1.
log_fatal() {
  log_line FATAL "$@"
  exit 1
}

# log_plain_output: standard input, indented.
log_plain_output() { sed 's/^/    | /' | tee -a "$MAIN_LOG_FILE"; }

# setup_logging FILE
setup_logging() {
  mkdir -p -- "$(dirname -- "$1")" || log_fatal "Failed to create log directory: $(dirname -- "$1")"
  touch -- "$1" || log_fatal "Failed to create log file: $1"
}

# exit_script CODE
exit_script() {
  if [ "$1" -eq 0 ]; then log_info "Script completed successfully."; else log_error "Script failed with exit code $1."; fi
  exit "$1"
}

if ! type -P pct >/dev/null; then
  pct() {
    local what=$1
    shift 2 || true
    case $what in
      exec)
        [ "${1:-}" != -- ] || shift
        "$@"
        ;;
      push) cp -- "$1" "$2" ;;
      pull) cp -- "$1" "$2" ;;
      *)
        echo "pct $what: only the node can do that, and this script runs in a container; a hook runs on the node" >&2
        return 1
        ;;
    esac
  }
fi

# pct_exec CTID [--] COMMAND…: in the container; its output, and its exit code.
pct_exec() {
  local ctid=$1 code=0
  shift
  [ "${1:-}" != -- ] || shift
  log_debug "Executing in CTID $ctid: $*"
  pct exec "$ctid" -- "$@" || code=$?
  [ "$code" -eq 0 ] || log_error "Command failed in CTID $ctid with exit code $code: '$*'"
  return "$code"
}

# run_pct_command WORD…: pct with these words. A disk that has its size already is no failure.
run_pct_command() {
  local output code=0
  log_info "Executing: pct $*"
  if [ "${DRY_RUN:-}" = true ]; then return 0; fi
  output=$(pct "$@" 2>&1) || code=$?
  log_debug "pct command output:\n$output"
  if [ "$code" -ne 0 ] && ! { [ "$1" = resize ] && [[ $output == *"disk is already at specified size"* ]]; }; then
    log_error "'pct $*' command failed with exit code $code.\nOutput:\n$output"
    return 1
  fi
  log_info "'pct $*' command executed successfully."
}

# run_pct_push CTID FILE PATH: a file into the container; its folder is made.
run_pct_push() {
  pct_exec "$1" mkdir -p -- "$(dirname -- "$3")" || log_fatal "Failed to create the folder of $3 in CTID $1."
  pct push "$1" "$2" "$3" || log_fatal "Failed to push $2 to CTID $1 at $3."
  log_success "File successfully pushed to CTID $1: $3"
}

# jq_read FILE WORD…: what jq reads there; 1 for nothing or null.
jq_read() {
  local file=$1 value
  [ -r "$file" ] || { log_error "$file is not there."; return 1; }
  value=$(jq -r "${@:2}" "$file") || { log_error "jq could not read $file: ${*:2}"; return 1; }
  [ -n "$value" ] && [ "$value" != null ] || return 1
  printf '%s\n' "$value"
}

# jq_get_value CTID QUERY: of the container's entry, else of the root of the file.
jq_get_value() { jq_get_array "$@" || jq_read "$LXC_CONFIG_FILE" "$2"; }

# jq_get_array CTID QUERY: of the container's entry, a value a line.
jq_get_array() { jq_read "$LXC_CONFIG_FILE" --arg ctid "$1" ".lxc_configs[\$ctid] | $2"; }

# get_global_config_value QUERY: of the host's file, which only a hook has.
get_global_config_value() { jq_read "$HYPERVISOR_CONFIG_FILE" "$1"; }

# is_feature_present_on_container CTID NAME: the entry names it, or one that the container is cloned from.
is_feature_present_on_container() {
  local source
  ! jq_get_array "$1" '.features[]?' | grep -Fx -- "$2" >/dev/null || return 0
  source=$(jq_get_array "$1" .clone_from_ctid) || return 1
  is_feature_present_on_container "$source" "$2"
}

# is_command_available CTID NAME
is_command_available() {
  # shellcheck disable=SC2016 # expanded in the container
  pct exec "$1" -- sh -c 'PATH=$PATH:/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin:/opt/bin:/usr/local/cuda/bin; command -v "$1"' sh "$2" >/dev/null 2>&1
}

# wait_for_container_initialization CTID: until its init has ended its start, for at most a minute.
wait_for_container_initialization() {
  local until=$((SECONDS + 60)) state
  while [ "$SECONDS" -lt "$until" ]; do
    state=$(pct exec "$1" -- systemctl is-system-running 2>/dev/null) || true
    case $state in running | degraded) return 0 ;; esac
    sleep 1
  done
  log_fatal "Timeout reached: Container $1 did not initialize within 60 seconds."
}

# cache_and_get_file URL FOLDER: fetched once; prints its path.
cache_and_get_file() {
  local file=$2/${1##*/}
  if [ ! -f "$file" ]; then
    mkdir -p -- "$2"
    if ! wget -qO "$file.part" "$1"; then
      rm -f -- "$file.part"
      log_error "Failed to download file from '$1'"
      return 1
    fi
    mv -f -- "$file.part" "$file"
  fi
  printf '%s\n' "$file"
}

# retry_command COMMAND: a text for bash, four tries, five seconds apart.
retry_command() {
  local try
  for try in 1 2 3 4; do
    if bash -c "$1"; then return 0; fi
    [ "$try" -eq 4 ] || { log_warn "Command failed, retrying ($try/3): $1"; sleep 5; }
  done
  log_error "Command failed after 3 attempts: $1"
  return 1
}

check_root() { [ "$EUID" -eq 0 ] || log_fatal "This script must be run as root"; }
check_package() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep "install ok installed" >/dev/null; }
zfs_pool_exists() { zpool list -H -o name "$1" >/dev/null 2>&1; }
zfs_dataset_exists() { zfs list -H -o name "$1" >/dev/null 2>&1; }
verify_nfs_exports() { exportfs -v >/dev/null 2>&1 || log_fatal "Failed to verify NFS exports"; }

# add_user_to_group USER GROUP
add_user_to_group() {
  id -nG -- "$1" | tr ' ' '\n' | grep -Fx -- "$2" >/dev/null || usermod -aG "$2" "$1" || log_fatal "Failed to add user $1 to group $2"
}
