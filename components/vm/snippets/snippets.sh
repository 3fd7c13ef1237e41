#!/usr/bin/env bash
# The file that has cloud-init install the guest agent, on one storage, and a note that this stack needs it.
# Settings: step.ts
. vm/snippets/agent-snippet.sh
set -euo pipefail

main() {
  local storage='' tag=''
  need_cmd pvesm jq
  read_settings
  load storage=storage tag=tag
  ensure_snippet "$storage"
  looking || : >"$(snippet_notes "$storage")/$tag"
  report
}

main
