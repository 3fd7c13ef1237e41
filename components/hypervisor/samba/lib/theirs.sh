#!/usr/bin/env bash
# What somebody else has in Samba's configuration, and whether shares of ours can stand beside it: looked at before a
# folder is given away for one, and before the configuration changes.
. hypervisor/lib/sharing.sh
. hypervisor/samba/lib/smb-conf.sh
. hypervisor/samba/lib/picture.sh
set -euo pipefail

SCRATCH=''
looking || trap '[ -z "$SCRATCH" ] || rm -rf "$SCRATCH"' EXIT

# our_file: refuses a file under our name that was not written by us.
our_file() { [ ! -e "$OURS" ] || head -n 1 "$OURS" | grep '^# Written by Phoenix' >/dev/null; }

# check_theirs: checks that our shares fit the present configuration. Makes $SCRATCH, with theirs.conf and its parts.
check_theirs() {
  local file place
  need_cmd testparm
  [ -f "$CONF" ] || err "$CONF is not there; nothing was changed: 'apt-get install --reinstall -o Dpkg::Options::=--force-confmiss samba-common' brings it back"
  scratch_folder SCRATCH
  without_include >"$SCRATCH/theirs.conf"
  our_file || err "$OURS was not written by us; nothing was changed: move it away, and include it from $CONF by another name"
  read_conf theirs ||
    err "$CONF is not usable as it is: $(complaint theirs); nothing was changed: mend it ('testparm -s'), then run again"
  (cd / && conf_lines "$SCRATCH/theirs.conf") | sed "s|^$SCRATCH/theirs.conf:|$CONF:|" >"$SCRATCH/lines"
  file=${GLOBAL['theirs config file']-}
  place=$(setting_place 'config file')
  [ -z "$file" ] || [ "$file" = "$CONF" ] ||
    err "${place%%$'\t'*} sends Samba to $file (config file): shares in $CONF do not count; nothing was changed: remove that line, or samba.shares"
  ! grep -Fq 'changing to config backend registry' "$SCRATCH/theirs.said" ||
    err "$CONF sends Samba to its registry (config backend = registry): shares in a file do not count; nothing was" \
      "changed: write 'include = registry' in its place, or remove samba.shares"
}

# check_name SHARE: refuses a share whose name, in lower case, somebody else has.
check_name() {
  local share=$1 place
  place=$(section_place "$share")
  [ -n "$place" ] || ! shares_of theirs | grep -Fx -- "$share" >/dev/null || place="Samba's registry ('net conf list')"
  [ -z "$place" ] || err "$place has a share $share of its own; nothing was changed: remove it there, or give this one another name"
  place=$(usershare_place "$share" | sed -n 1p)
  [ -z "$place" ] || err "$place is a share $share that a user made; nothing was changed: give this one another name," \
    "or remove that one ('net usershare delete $share')"
}
