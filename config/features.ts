/** Proxmox container features and raw LXC lines, from the words of the files. */

/** Values of each feature of `pct set --features` (pve-container's schema); mount takes file system types. */
const values: Record<string, RegExp> = {
  nesting: /^[01]$/,
  keyctl: /^[01]$/,
  fuse: /^[01]$/,
  mknod: /^[01]$/,
  force_rw_sys: /^[01]$/,
  mount: /^[a-zA-Z0-9_./-]+(;[a-zA-Z0-9_./-]+)*$/,
};

/** Why a word is not a valid feature; undefined for a valid one. */
export function featureProblem(word: string): { message: string; remedy: string } | undefined {
  const [key = "", value = ""] = word.split(/=(.*)/s);
  const pattern = Object.hasOwn(values, key) ? values[key] : undefined;
  if (!pattern) {
    return {
      message: "is not a container feature of Proxmox",
      remedy: `write one of ${Object.keys(values).join(", ")} as key=value, such as nesting=1`,
    };
  }
  if (pattern.test(value)) return undefined;
  return key === "mount"
    ? { message: "names no file systems", remedy: "write them separated by ; such as mount=nfs;cifs" }
    : { message: "must be 0 or 1", remedy: `write ${key}=1 or ${key}=0` };
}

/** `["nesting=1", "keyctl=0"]` → `{keyctl: "0", nesting: "1"}`, keys sorted. */
export function parseFeatures(words: readonly string[]): Record<string, string> {
  const pairs = words.map((word) => {
    const [key = "", value = ""] = word.split(/=(.*)/s);
    return [key.trim(), value.trim()] as const;
  });
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * `lxc.x=y`, `lxc.x = y` and `lxc.x: y` → `lxc.x: y`, in the given order, each line once. A comma-separated
 * lxc.cap.keep or lxc.cap.drop becomes one line for each capability, as the original wrote them.
 */
export function rawLines(options: readonly string[]): string[] {
  const lines = options.flatMap((option) => {
    const [, key = "", value = ""] = /^([^\s:=]+)\s*[:=]\s*(.*)$/s.exec(option.trim()) ?? [];
    const parts = /^lxc\.cap\.(keep|drop)$/.test(key) ? value.split(/\s*,\s*/) : [value];
    return parts.map((part) => `${key}: ${part.trim()}`);
  });
  return [...new Set(lines)];
}
