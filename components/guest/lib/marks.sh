#!/usr/bin/env bash
# Marks that steps leave inside a guest: a file of the step's name in /var/lib/phoenix/steps, with a digest of the step's
# settings, and what shows that the step's work is still there: `package NAME`, `service NAME`, `mount FOLDER`,
# `container NAME` of Docker's or `driver VERSION`, one a line. A guest that goes back to an older snapshot goes back to its older marks.
. host/lib/once.sh

# The program that reads them inside: /bin/sh -c "$MARKS". It prints `mark STEP DIGEST` for each, and `lost STEP KIND NAME` for
# what is not there any more.
# shellcheck disable=SC2016,SC2034 # expanded where it runs
MARKS='
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
cd /var/lib/phoenix/steps 2>/dev/null || exit 0
packages=$(sed -n "s/^package //p" ./* 2>/dev/null | sort -u)
[ -z "$packages" ] || packages=$(dpkg-query -W -f "\${Package} \${db:Status-Status}\n" $packages 2>/dev/null | sed -n "s/ installed\$//p" | tr "\n" " ")
is_there() {
  case $1 in
    package) case " $packages" in *" $2 "*) ;; *) return 1 ;; esac ;;
    service) systemctl is-active --quiet "$2" ;;
    mount) mountpoint -q "$2" ;;
    container) [ "$(timeout 10 docker inspect -f "{{.State.Running}}" "$2" 2>/dev/null)" = true ] ;;
    driver) [ "$(timeout 10 nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null | head -n 1)" = "$2" ] ;;
  esac
}
for step in *; do
  [ -f "$step" ] || continue
  while read -r kind what; do
    case $kind in
      digest) echo "mark $step $what" ;;
      *) is_there "$kind" "$what" </dev/null || echo "lost $step $kind $what" ;;
    esac
  done <"$step"
done
'

# The program that leaves one: /bin/sh -c "$LEAVE_MARK" sh STEP DIGEST [KIND NAME].
# shellcheck disable=SC2016,SC2034 # expanded where it runs
LEAVE_MARK='
umask 077
cd / && mkdir -p /var/lib/phoenix/steps || exit 1
file=/var/lib/phoenix/steps/$1
{ echo "digest $2"; [ -z "${3-}" ] || echo "$3 $4"; } >"$file.new" &&
  mv -f "$file.new" "$file"
'

# read_digest: into DIGEST that of the step's settings.
DIGEST=''
read_digest() {
  DIGEST=$(sha256sum <<<"$SETTINGS")
  DIGEST=${DIGEST%% *}
}

# compare_marks GUEST STEP MARKS: what a look finds of the step, in what was printed inside the guest.
compare_marks() {
  local guest=$1 step=$2 word one kind name digest=''
  read_digest
  while read -r word one kind name; do
    [ "$one" = "$step" ] || continue
    case $word in
      mark) digest=$kind ;;
      lost)
        case $kind in
          package) differs "$guest package $name" 'not installed' "installed by its step $step" ;;
          service) differs "$guest service $name" 'not running' "running by its step $step" ;;
          container) differs "$guest Docker container $name" 'not running' "running by its step $step" ;;
          mount) differs "$guest folder $name" 'not mounted' "mounted by its step $step" ;;
          driver) differs "$guest NVIDIA driver" 'another one or none' "$name" ;;
        esac
        ;;
    esac
  done <<<"$3"
  if [ -z "$digest" ]; then
    differs "$guest step $step" 'not done in what the guest is now' 'done'
  elif [ "$digest" != "$DIGEST" ]; then
    differs "$guest step $step" 'done as of an earlier run in what the guest is now' 'done as last run'
  fi
}
