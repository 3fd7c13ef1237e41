#!/usr/bin/env bash
# The settings of a machine's cloud-init, and the file that installs the guest agent.
# shellcheck disable=SC2034 # configure.sh reads CLOUD_INIT
. vm/configure/options.sh
. vm/snippets/agent-snippet.sh

# Set when one of these settings changed.
CLOUD_INIT=''

# The machine reads them at a start. The note is written before the change: if the run is interrupted in between, the next
# one sees no difference, and the note still asks for the restart.
note_restart() { ! vm_running || : >"$PHOENIX_STATE/guests/vm-$VMID.restart"; }

want_cloud_init() {
  local key value before=${#OPTIONS[@]}$GONE keys now
  while IFS=$'\t' read -r key value; do
    want "$key" "$value" "$(vm_next "$key")"
  done < <(jq -r '.cloudInit.values | to_entries[] | "\(.key)\t\(.value)"' <<<"$SETTINGS")
  for key in ciuser nameserver searchdomain ipconfig0; do
    given "cloudInit.values.$key" || unwant "$key"
  done
  keys=$(list cloudInit.sshKeys)
  now=$(vm_next sshkeys)
  now=$(printf '%b' "${now//%/\\x}")
  if [ -z "$keys" ]; then
    unwant sshkeys
  elif [ "$keys" != "$now" ]; then
    printf '%s\n' "$keys" >"$PHOENIX_STATE/guests/vm-$VMID.keys"
    want sshkeys "$PHOENIX_STATE/guests/vm-$VMID.keys" ""
  fi
  ensure_vendor_data
  [ "${#OPTIONS[@]}$GONE" = "$before" ] || CLOUD_INIT=changed
}

# The file that has cloud-init install the guest agent.
ensure_vendor_data() {
  local storage
  storage=$(setting snippets)
  if [ -z "$storage" ]; then
    [[ $(vm_next cicustom) != *:snippets/phoenix-agent.yaml* ]] || unwant cicustom
    return 0
  fi
  ensure_snippet "$storage"
  want cicustom "vendor=$(agent_snippet "$storage")" "$(vm_next cicustom)"
}

# without_password: the configuration on standard input, without a present or pending password.
without_password() {
  awk '
    /^\[/ { section = $0 }
    section != "" && section != "[PENDING]" { print; next }
    /^cipassword:/ { next }
    section != "" && /^delete:/ {
      n = split(substr($0, 8), gone, ","); rest = ""
      for (i = 1; i <= n; i++) { sub(/^ +/, "", gone[i]); if (gone[i] !~ /^!?cipassword$/) rest = rest (rest == "" ? "" : ",") gone[i] }
      if (rest != "") print "delete: " rest
      next
    }
    { print }'
}

# The hash goes into the configuration itself: an argument would show in the process list.
ensure_password() {
  local hash conf
  hash=$(setting cloudInit.passwordHash)
  [ "$hash" != "$(vm_next cipassword)" ] || return 0
  conf=$(vm_conf)
  lock_conf "$conf"
  note_restart
  write_file "$conf" 640 < <(
    sed '/^[^#]/,$d' "$conf"
    [ -z "$hash" ] || printf 'cipassword: %s\n' "$hash"
    sed -n '/^[^#]/,$p' "$conf" | without_password
  ) || true
  exec 7>&-
  changed "VM $VMID: password of cloud-init"
}
