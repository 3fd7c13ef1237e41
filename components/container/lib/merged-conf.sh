#!/usr/bin/env bash
# What a container's configuration becomes when it is rolled back to a savepoint (cases: tests/scripts/merged-conf.test.ts).

# merged_conf NOW SAVED TAGS SIZES: the saved configuration (text) with what of the file NOW does not go back: volumes that
# were made since (as unusedN) and the tree of snapshots. TAGS are its new tags; SIZES what its volumes have now, a line
# each: VOLUME BYTES.
merged_conf() {
  awk -v tags="$3" -v lines="$4" '
    function volume(line) { sub(/^[^:]*:[ \t]*/, "", line); sub(/^volume=/, "", line); sub(/,.*/, "", line); return line }
    function text(bytes, unit) { for (unit = 1; unit < 4 && bytes % 1024 == 0; unit++) bytes /= 1024; return bytes substr("KMG", unit - 1, unit > 1) }
    BEGIN { n = split(lines, line, "\n"); for (i = 1; i <= n; i++) if (split(line[i], part, " ") == 2 && part[2] > 0) sizes[part[1]] = text(part[2]) }
    /^\[/ { rest[FILENAME] = 1 }
    FILENAME == ARGV[1] {
      if (rest[FILENAME]) { if ($0 ~ /^\[/) skip = ($0 == "[pve:pending]"); if (!skip) sections = sections "\n" $0; next }
      if ($0 ~ /^parent:/) parent = $0
      if ($0 ~ /^(rootfs|mp[0-9]+|unused[0-9]+):/ && (v = volume($0)) !~ /^\//) left[v] = 1
      next
    }
    rest[FILENAME] || /^(parent|lock|tags|unused[0-9]+):/ { next }
    /^(rootfs|mp[0-9]+):/ { v = volume($0); delete left[v]; if (v in sizes) sub(/,size=[^,]*/, ",size=" sizes[v]) }
    { if ($0 ~ /^lxc\./) raw = raw $0 "\n"; else if ($0 != "") print }
    END {
      print "tags: " tags
      if (parent != "") print parent
      for (v in left) print "unused" free++ ": " v
      printf "%s%s", raw, (sections == "" ? "" : sections "\n")
    }' "$1" <(printf '%s\n' "$2")
}
