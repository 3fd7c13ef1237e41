#!/usr/bin/env bash
# The datacenter's firewall, /etc/pve/firewall/cluster.fw: our part of it, and how to undo it.
#
# Ours are three options, and the rules whose comment is `phoenix` or begins with `phoenix:`. Proxmox VE's own interface
# rewrites the file, without lines of comment and in its own order, but keeps those.
# Settings: step.ts
. hypervisor/lib/guarded.sh
. hypervisor/lib/ssh-ports.sh
set -euo pipefail

CLUSTER_FW=/etc/pve/firewall/cluster.fw
GUARD_STATE=$PHOENIX_STATE/datacenter-firewall
# shellcheck disable=SC2034 # for guarded.sh
GUARDED="the datacenter's firewall" PUT_BACK=put_firewall_back MAKE_LASTING=enable_firewall
# shellcheck disable=SC2034 # for the scripts behind this one
ENABLED=''
POLICY_IN=''
POLICY_OUT=''
SSH_PORT=''

read_firewall() { load ENABLED=enabled POLICY_IN=policyIn POLICY_OUT=policyOut SSH_PORT=sshPort; }

# firewall_text FILE: the file's text; nothing when it is not there.
firewall_text() { [ ! -e "$1" ] || cat "$1"; }

# put_firewall: writes standard input to the file. The cluster's file system sets its mode itself.
put_firewall() {
  local code=0
  mkdir -p "${CLUSTER_FW%/*}" || code=2
  [ "$code" -ne 0 ] || store_file "$CLUSTER_FW" || code=$?
  if [ "$code" -gt 1 ]; then
    err "$CLUSTER_FW could not be written and is as it was: /etc/pve takes no changes without a quorum ('pvecm status') or space"
  fi
}

# who_came: the address that this connection comes from; nothing on the node itself, which every firewall accepts.
who_came() {
  local client=''
  read -r client _ <<<"${SSH_CONNECTION:-}"
  case $client in '' | 127.* | ::1 | *%*) ;; *) printf '%s\n' "$client" ;; esac
}

# wanted_rules: our rules in their order: first access for the stack itself, then the rules of the files, then the rules for
# everybody, which those of the files may narrow.
wanted_rules() {
  local ports client
  ports=$(ssh_ports "$SSH_PORT" | paste -sd, -),8006
  client=$(who_came)
  [ -z "$client" ] || printf 'IN ACCEPT -source %s -p tcp -dport %s # phoenix: the way in of this stack\n' "$client" "$ports"
  list rules
  printf 'IN ACCEPT -p tcp -dport %s # phoenix: SSH and the API\n' "$ports"
  list served
}

# state_of: the relevant parts of standard input: `option: value`, then our rules, and `else` for one of somebody else. The
# stack's own access counts as the same for any address.
state_of() {
  awk '
    { line = $0; sub(/^[ \t]+/, "", line); sub(/[ \t]+$/, "", line); low = tolower(line) }
    low ~ /^\[/ { section = low; sub(/[ \t]*(#.*)?$/, "", section); next }
    line == "" || line ~ /^#/ { next }
    section == "[options]" && low ~ /^(enable|policy_in|policy_out):/ { split(low, part, /:[ \t]*/); option[part[1]] = part[2] }
    section == "[rules]" {
      if (line !~ /# phoenix(:.*)?$/) line = "else"
      if (line ~ /# phoenix: the way in of this stack$/) sub(/-source [^ ]+ /, "", line)
      rules[++n] = line
    }
    END {
      print "enable: " option["enable"]; print "policy_in: " option["policy_in"]; print "policy_out: " option["policy_out"]
      while (n > 0 && rules[n] == "else") n--
      for (i = 1; i <= n; i++) print rules[i]
    }'
}

# wanted_text ENABLE: the file with our part as wanted, and everything else unchanged.
wanted_text() {
  firewall_text "$CLUSTER_FW" | ENABLE=$1 IN=$POLICY_IN OUT=$POLICY_OUT RULES=$(wanted_rules) awk '
    function options() { printf "enable: %s\npolicy_in: %s\npolicy_out: %s\n", ENVIRON["ENABLE"], ENVIRON["IN"], ENVIRON["OUT"]; had_options = 1 }
    function rules() { print ENVIRON["RULES"]; had_rules = 1 }
    { line = $0; sub(/^[ \t]+/, "", line); sub(/[ \t]+$/, "", line); low = tolower(line) }
    low ~ /^\[/ {
      section = low; sub(/[ \t]*(#.*)?$/, "", section); print
      if (section == "[options]" && !had_options) options()
      if (section == "[rules]" && !had_rules) rules()
      next
    }
    section == "[options]" && low ~ /^(enable|policy_in|policy_out):/ { next }
    section == "[rules]" && line ~ /# phoenix(:.*)?$/ { next }
    { print }
    END {
      if (!had_options) { print "[OPTIONS]"; options(); print "" }
      if (!had_rules) { print "[RULES]"; rules(); print "" }
    }'
}

# holds [ENABLE]: whether the file is as wanted; without an argument, with any value of `enable`.
holds() {
  local now wanted
  now=$(firewall_text "$CLUSTER_FW" | state_of)
  wanted=$(wanted_text "${1:-1}" | state_of)
  if [ "$#" -eq 0 ]; then now=${now#*$'\n'} wanted=${wanted#*$'\n'}; fi
  [ "$now" = "$wanted" ]
}

# lasting ENABLE: the file with that value of `enable`, and nothing else changed.
lasting() { awk -v value="$1" 'tolower($1) == "enable:" && !done { print "enable: " value; done = 1; next } { print }' "$CLUSTER_FW"; }

note_written() { write_file "$GUARD_STATE/written" 600 < <(sha256sum <"$CLUSTER_FW") || true; }

enable_firewall() {
  local text
  text=$(lasting 1)
  put_firewall <<<"$text"
  note_written
}

put_firewall_back() {
  if [ -e "$GUARD_STATE/before" ]; then
    put_firewall <"$GUARD_STATE/before"
    note_written
  else
    rm -f "$CLUSTER_FW" "$GUARD_STATE/written"
  fi
}

host_fw() {
  local name
  name=$(hostname)
  printf '/etc/pve/nodes/%s/host.fw\n' "${name%%.*}"
}

# uses_nftables: whether proxmox-firewall does the work on this node, and not pve-firewall.
uses_nftables() {
  [ -x /usr/libexec/proxmox/proxmox-firewall ] &&
    grep -Eqis '^[[:space:]]*nftables:[[:space:]]*1' "$(host_fw)"
}
