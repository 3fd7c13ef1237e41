#!/usr/bin/env bash
# Backup jobs as Proxmox VE has them.
. host/lib/once.sh

# Set by read_job: the options of a job by their names; none where there is no such job.
declare -A NOW=()
# Set by read_wanted: the same as the settings have them.
declare -A WANTED=()

# A program of jq: a job as names and texts, each ended by a NUL byte. Lists of guests and addresses, and keys of property
# strings, are in one order, for Proxmox VE keeps them as they were given.
# shellcheck disable=SC2016 # names of jq's
AS_TEXTS='def in_order($number): [splits("[,; ]+") | select(. != "")]
    | if $number then sort_by(tonumber) else sort end | unique_by(.) | if $number then sort_by(tonumber) else . end | join(",");
def keyed: if type == "object" then to_entries | map("\(.key)=\(.value)")
    else split(",") | map(if test("=") then . else "enabled=\(.)" end) end | sort | join(",");
def text($key): if $key == "vmid" or $key == "exclude" then tostring | in_order(true)
    elif $key == "mailto" then (if type == "array" then join(",") else . end) | in_order(false)
    elif $key == "prune-backups" or $key == "fleecing" or $key == "performance" then keyed
    elif type == "array" then join("\n") else tostring end;
def texts: to_entries[] | .key as $key | $key, "\u0000", (.value | text($key)), "\u0000";'

# pvesh_utf8 WORDS…: options and answers may have any letters; in the prelude's locale Proxmox VE reads and writes ASCII.
pvesh_utf8() { LC_ALL=C.UTF-8 pvesh "$@"; }

# read_job ID: refuses where Proxmox VE does not tell its jobs.
read_job() {
  local all='' key value
  NOW=()
  all=$(asked backup-jobs pvesh_utf8 get /cluster/backup --output-format json) || all=''
  [ -n "$all" ] ||
    err "the backup jobs of $(hostname) could not be read; 'pvesh get /cluster/backup' on the node says why"
  # shellcheck disable=SC2034 # job.sh reads it
  while IFS='' read -r -d '' key && IFS='' read -r -d '' value; do NOW["$key"]=$value; done < <(
    jq -j --arg id "$1" "$AS_TEXTS"'.[] | select(.id == $id) | del(.id, .type, ."next-run") | texts' <<<"$all"
  )
}

read_wanted() {
  local key value
  WANTED=()
  # shellcheck disable=SC2034 # job.sh reads it
  while IFS='' read -r -d '' key && IFS='' read -r -d '' value; do WANTED["$key"]=$value; done < <(
    jq -j "$AS_TEXTS"'.options + (if .excludePaths == [] then {} else {"exclude-path": .excludePaths} end) | texts' <<<"$SETTINGS"
  )
}

# note_of ID: the note that the job is ours.
note_of() { printf '%s/backups/%s' "$PHOENIX_STATE" "$1"; }
