#!/usr/bin/env bash
# What Samba makes of its files, as testparm prints it, and where a setting is written; $SCRATCH is a temporary folder.
. hypervisor/zfs/lib/report.sh
set -euo pipefail

# Set by read_conf: by "NAME key", values of [global] as testparm prints them; none where they are Samba's default.
declare -A GLOBAL=()

# read_conf NAME: testparm's view of $SCRATCH/NAME.conf and of all that it includes, in NAME.seen and, as `picture`
# prints it, NAME.picture, and its messages in NAME.said; false when Samba would refuse it. Samba looks for relative names below /.
read_conf() {
  local section line
  (cd / && exec testparm -s "$SCRATCH/$1.conf") >"$SCRATCH/$1.seen" 2>"$SCRATCH/$1.said" </dev/null 3>&- 9>&- || return
  picture <"$SCRATCH/$1.seen" >"$SCRATCH/$1.picture"
  for line in "${!GLOBAL[@]}"; do [[ $line != "$1 "* ]] || unset "GLOBAL[$line]"; done
  while IFS=$'\t' read -r section line; do
    [ "$section" != global ] || [ -z "$line" ] || GLOBAL["$1 ${line%% = *}"]=${line#* = }
  done <"$SCRATCH/$1.picture"
}

# complaint NAME: testparm's errors about a file that read_conf found refused.
complaint() {
  grep -Ev '^(Load smb config files|Error loading services|$)' "$SCRATCH/$1.said" | joined | grep . || printf 'it cannot be read\n'
}

# picture: of what testparm printed a line "section<TAB>key = value" for all that differs from Samba's defaults, sorted; a line
# "section<TAB>" for each section. Sections are in lower case; an include is no setting of the section it stands in.
picture() {
  awk '
    /^\[/ { name = tolower(substr($0, 2, length($0) - 2)); gsub(/^[ \t]+|[ \t]+$/, "", name); print name "\t"; next }
    /^\t/ && !/^\tinclude = / { print name $0 }' | sort -u
}

# shares_of NAME: names of its shares in lower case, a line each.
shares_of() { sed -n '/^global\t$/d; s/\t$//p' "$SCRATCH/$1.picture"; }

# conf_lines FILE [DEPTH]: the lines of a file and of those that it includes, in Samba's order: "file:line<TAB>text".
# Names with variables (%m) stand for every file that they fit.
conf_lines() {
  local file=$1 depth=${2:-0} number=0 text each
  [ -f "$file" ] && [ "$depth" -lt 20 ] || return 0
  while IFS= read -r text || [ -n "$text" ]; do
    number=$((number + 1))
    [[ $text =~ ^[[:space:]]*(.*[^[:space:]])[[:space:]]*$ ]] || continue
    text=${BASH_REMATCH[1]}
    case $text in [\#\;]*) continue ;; esac
    printf '%s:%s\t%s\n' "$file" "$number" "$text"
    [[ ${text,,} =~ ^include[[:space:]]*= ]] || continue
    text=${text#*=}
    text=${text#"${text%%[![:space:]]*}"}
    case $text in
      "$OURS") ;;
      *%*) compgen -G "${text//%?/*}" | while IFS= read -r each; do conf_lines "$each" $((depth + 1)); done || true ;;
      *) conf_lines "$text" $((depth + 1)) ;;
    esac
  done <"$file"
}

# section_place NAME: "file:line" of a share in smb.conf or what it includes, whatever its case; '' for none.
section_place() {
  awk -F '\t' -v wanted="$1" '{
    name = tolower($2)
    if (!sub(/^\[[ \t]*/, "", name) || !sub(/[ \t]*\].*$/, "", name)) next
    if (name == wanted) { print $1; exit }
  }' "$SCRATCH/lines"
}

# setting_place KEY: "file:line<TAB>value" of the line that counts, which is the last; '' for none.
setting_place() {
  awk -F '\t' -v wanted="${1// /}" '{
    text = substr($0, length($1) + 2); at = index(text, "=")
    key = tolower(substr(text, 1, at - 1)); gsub(/[ \t]/, "", key)
    if (at == 0 || key != wanted) next
    value = substr(text, at + 1); sub(/^[ \t]+/, "", value); found = $1 "\t" value
  } END { if (found != "") print found }' "$SCRATCH/lines"
}

# usershare_place NAME: the file of a share that a user made with `net usershare`, whatever its case; '' for none.
usershare_place() {
  local folder file
  folder=${GLOBAL['theirs usershare path']-}
  for file in "${folder:-/var/lib/samba/usershares}"/*; do
    [ "$(tr '[:upper:]' '[:lower:]' <<<"${file##*/}")" != "$1" ] || [ ! -f "$file" ] || printf '%s\n' "$file"
  done
}
