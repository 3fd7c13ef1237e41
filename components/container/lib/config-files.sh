#!/usr/bin/env bash
# Where a stack's configuration files are on the node.

# config_files TAG
config_files() { printf '%s/config-files/%s\n' "$PHOENIX_STATE" "$1"; }

# copy_config_file NAME FOLDER: for a script of this stack.
copy_config_file() {
  cp -- "$(config_files "$(setting tag)")/$1" "$2/$1" ||
    err "$1 is not on $(hostname) any more; the next run of phoenix writes it again, and then this step"
}
