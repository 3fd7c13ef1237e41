/** A public key as SSH sends it, and its type such as `ssh-ed25519`. */
export interface HostKey {
  type: string;
  blob: Buffer;
}

/**
 * Reads the `hostKey` input: `type base64`, or a known_hosts line. As Go's `ssh.ParseAuthorizedKey`, which
 * tries the second field of a line as the key and then, after skipping one field, the third. A bare base64
 * key is refused.
 */
export function parseHostKey(text: string): HostKey {
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, second, third] = line.split(/[ \t]+/);
    const key = decode(second) ?? decode(third);
    if (key) return key;
  }
  throw new Error("failed to parse host key: ssh: no key found");
}

function decode(field: string | undefined): HostKey | undefined {
  if (field === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(field)) return undefined;
  const blob = Buffer.from(field, "base64");
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  if (length === 0 || length > 64 || blob.length < 4 + length) return undefined;
  const type = blob.subarray(4, 4 + length).toString("latin1");
  return /^[a-z0-9@.-]+$/.test(type) ? { type, blob } : undefined;
}
