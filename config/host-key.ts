/** A host key of SSH as settings have it: `type base64`, or a line of known_hosts. */

/** Its two words; undefined for what is no key of a type that hosts have today. */
export function hostKeyOf(text: string): { type: string; base64: string } | undefined {
  const [, type, base64] = /(?:^|\s)(ssh-ed25519|ecdsa-sha2-nistp\d+) ([A-Za-z0-9+/]+=*)/m.exec(text) ?? [];
  return type === undefined || base64 === undefined ? undefined : { type, base64 };
}
