#!/usr/bin/env bash
# Part of the prelude: the stacks of a node. One sets the host up, $PHOENIX_STATE/host-owner has its tag; each is
# registered in $PHOENIX_STATE/stacks by its tag, `{identity, needs: {name of something on the host: [guest]}}`.
set -euo pipefail

# host_holder: tag of the stack that sets this host up; '' while none does.
host_holder() { cat "$PHOENIX_STATE/host-owner" 2>/dev/null || true; }

# stack_of TAG: the name of the stack that has the tag.
stack_of() { jq -re .identity "$PHOENIX_STATE/stacks/$1" 2>/dev/null || printf '%s\n' "${1#phoenix-}"; }

# refuse_other_stack WHAT TAGS TAG: refuses a guest whose tags name another stack, which may be this one's earlier name.
refuse_other_stack() {
  local tag stack
  while IFS= read -r tag; do
    case $tag in "$3" | *+*) continue ;; phoenix-*) ;; *) continue ;; esac
    stack=$(stack_of "$tag")
    err "$1 and belongs to stack '$stack'; if this stack was renamed from it: pulumi config set phoenix:identity $stack." \
      "It was left untouched; else give the entry another id"
  done < <(tr ';, ' '\n' <<<"$2")
}
