#!/usr/bin/env bash
# What is known on the node of the steps that were applied; see host/lib/applied.sh. It is sent as it stands, without the
# prelude: most runs ask nothing else of the node.
# On standard input: the stack's tag; `prune`, or nothing; names of the stack's steps, as their notes are called.
# On standard output, fields separated by tabs:
#   without jq              where it is not installed
#   accepts TEXT            what sshd let through of the variable by which a step is run again
#   key SALT                of the digests
#   applied NAME DIGEST RESULT
export LC_ALL=C
folder=${PHOENIX_STATE:-/var/lib/phoenix}/applied
declare -A wanted=()
IFS='' read -r tag
IFS='' read -r prune
while IFS='' read -r name; do [ -z "$name" ] || wanted[$name]=yes; done
command -v jq >/dev/null || printf 'without\tjq\n'
printf 'accepts\t%s\n' "${LC_PHOENIX_DRIFT:-}"
key=''
if [ -s "$folder/key" ]; then read -r key <"$folder/key"; fi
[ -n "$key" ] || exit 0
printf 'key\t%s\n' "$key"
for note in "$folder/$tag"/*; do
  [ -f "$note" ] || continue
  name=${note##*/}
  if [ -n "$prune" ] && [ -z "${wanted[$name]-}" ]; then
    # A step that the files have no more, and that had no removal.
    rm -f -- "$note"
    continue
  fi
  digest='' result=''
  { IFS='' read -r digest && IFS='' read -r result; } <"$note" || continue
  printf 'applied\t%s\t%s\t%s\n' "$name" "$digest" "$result"
done
