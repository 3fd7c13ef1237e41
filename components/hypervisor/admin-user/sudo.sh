#!/usr/bin/env bash
# The administrator's sudo: the group, and a file below /etc/sudoers.d.
. hypervisor/lib/packages.sh
. hypervisor/admin-user/account.sh
set -euo pipefail

# complaint TEXT: the errors in visudo's output.
complaint() { grep -v ': parsed OK$' <<<"$1" | head -n 1 || true; }

ensure_sudo() {
  local name=$1 file mode said
  packages_ensure sudo
  if looking && ! command -v visudo >/dev/null; then return 0; fi
  in_group "$name" "$ADMIN_GROUP" || mend "group $ADMIN_GROUP of $name" missing there join_group "$name"
  grep -Eq '^[@#]includedir[[:space:]]+/etc/sudoers\.d' /etc/sudoers ||
    err "/etc/sudoers does not read /etc/sudoers.d; add the line '@includedir /etc/sudoers.d' with visudo and run again"
  file=$(sudoers_file "$name")
  mode=$(stat -c %a "$file" 2>/dev/null) || mode=440
  if [ "$mode" != 440 ]; then
    # sudo leaves out a file that others may read or write.
    repair "$file mode" "$mode" 440 chmod 440 -- "$file"
    ! looking || return 0
  fi
  said=$(visudo -c 2>&1) || err "the node's sudoers are broken already: $(complaint "$said"); mend them with visudo and run again; no rule was added"
  same_text "$file" < <(sudoers_text "$name") || mend "$file" "$FILE_STATE" "$AS_WRITTEN" put_sudoers "$name" "$file"
  looking || [[ $(hash_of "$name") != [!*]* ]] || say "warning: $name has no password, so sudo will refuse it until one is set"
}

join_group() {
  note "$1" group
  usermod -aG "$ADMIN_GROUP" "$1"
  changed "$1 is in the group $ADMIN_GROUP"
}

sudoers_text() { printf '# Written by Phoenix from users.sudo_access.\n%s ALL=(ALL:ALL) ALL\n' "$1"; }

# put_sudoers NAME FILE: judged alone, and then with all the others.
put_sudoers() {
  local name=$1 file=$2 folder new said
  scratch_folder folder
  new=$folder/sudoers
  sudoers_text "$name" >"$new"
  chmod 440 "$new"
  if ! said=$(visudo -c -f "$new" 2>&1); then
    rm -rf "$folder"
    err "visudo refuses the rule for $name: $(complaint "$said"); no rule was added"
  fi
  note "$name" sudoers
  write_file "$file" 440 <"$new" || true
  rm -rf "$folder"
  if ! said=$(visudo -c 2>&1); then
    remove_file "$file"
    err "visudo refuses the node's sudoers with $file: $(complaint "$said"); it was taken out again"
  fi
  changed "wrote $file"
}
