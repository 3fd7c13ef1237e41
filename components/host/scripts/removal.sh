#!/usr/bin/env bash
# Run before every removal of a step: with its result goes the note that the step was applied.
# Settings: {tag, resource, …}
set -euo pipefail

# shellcheck disable=SC2034 # the prelude reads it
REMOVAL=yes
read_settings
