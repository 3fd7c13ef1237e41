#!/usr/bin/env bash
# Part of the prelude: what a converging script brings back, and a look (look.sh) only tells: "WHAT: is NOW, wanted
# VALUE", in the words of the configuration.

FOUND=()

looking() { [ -n "$LOOK" ]; }

# deviates TEXT: a look found it.
deviates() { FOUND+=("$*"); }

# differs WHAT NOW WANTED
differs() { deviates "$1: is $2, wanted $3"; }

# mend WHAT NOW WANTED COMMAND…: brings it back by a command that notes itself what it did.
mend() {
  if looking; then
    differs "$1" "$2" "$3"
  else
    "${@:4}"
  fi
}

# repair WHAT NOW WANTED COMMAND…: the same by a command that notes nothing.
repair() {
  mend "$@"
  looking || changed "$1: $2 -> $3"
}

# own_file PATH [MODE]: standard input as the text of a file that is ours alone. True when it was written.
own_file() {
  if looking; then
    same_text "$1" || differs "$1" "$FILE_STATE" "$AS_WRITTEN"
    return 1
  fi
  write_file "$@" || return 1
  changed "wrote $1"
}

# shellcheck disable=SC2034 # for those who compare texts themselves
AS_WRITTEN='as Phoenix wrote it'
# Set by same_text: what is the matter with a file.
FILE_STATE=''

# same_text PATH: the file has standard input as its text.
same_text() {
  FILE_STATE='edited by hand'
  [ -e "$1" ] || FILE_STATE=missing
  cmp -s - "$1"
}
