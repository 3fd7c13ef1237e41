#!/usr/bin/env bash
# The settings of a machine's cloud-init, and the file that installs the guest agent.
# shellcheck disable=SC2034 # configure.sh reads CLOUD_INIT
. vm/configure/options.sh
. vm/snippets/agent-snippet.sh

# Set when one of these settings changed.
CLOUD_INIT=''

# The machine reads them at a start. The note is written before the change: if the run is interrupted in between, the next
# one sees no difference, and the note still asks for the restart.
note_restart() { ! vm_running || : >"$(restart_note)"; }

want_cloud_init() {
  local key value before=${#OPTIONS[@]}$GONE keys
  for key in ciuser ipconfig{0..31} nameserver searchdomain; do
    if given "cloudInit.values.$key"; then
      load value="cloudInit.values.$key"
      next_value "$key"
      want "$key" "$value" "$VALUE"
    elif [[ $key != ipconfig[1-9]* ]] || [ -n "${OWNED[$key]-}" ]; then
      unwant "$key"
    fi
  done
  keys=$(list cloudInit.sshKeys)
  next_value sshkeys
  printf -v VALUE '%b' "${VALUE//%/\\x}"
  trim_end
  if [ -z "$keys" ]; then
    unwant sshkeys
  elif [ "$keys" != "$VALUE" ]; then
    looking || printf '%s\n' "$keys" >"$PHOENIX_STATE/guests/vm-$VMID.keys"
    want sshkeys "$PHOENIX_STATE/guests/vm-$VMID.keys" ""
  fi
  want_vendor_data
  [ "${#OPTIONS[@]}$GONE" = "$before" ] || CLOUD_INIT=changed
}

# The file that has cloud-init install the guest agent.
want_vendor_data() {
  local storage=''
  load storage=snippets
  next_value cicustom
  if [ -n "$storage" ]; then
    want cicustom "vendor=$(agent_snippet "$storage")" "$VALUE"
  elif [[ $VALUE == *:snippets/phoenix-agent.yaml* ]]; then
    unwant cicustom
  fi
}

# same_password: whether cloud-init has the hash of the settings, or none as they have none.
same_password() {
  local hash=''
  load hash=cloudInit.passwordHash
  next_value cipassword
  [ "$hash" = "$VALUE" ]
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
  conf=$(vm_conf)
  read_guest "$conf"
  ! same_password || return 0
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
