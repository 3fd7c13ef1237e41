/**
 * Signing keys on the host. The lab's keys are a line with the key's fingerprint, armored where the original is:
 * `gpg --dearmor` turns one form into the other, nothing verifies a signature with them.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { inRoot } from "../confined";

const marker = (fingerprint: string) => `phoenix-lab signing key ${fingerprint}`;

/** A key as a keyring file has it: an OpenPGP packet of private use (tag 60) around the fingerprint. */
export function binaryKey(fingerprint: string): Buffer {
  const body = Buffer.from(marker(fingerprint));
  return Buffer.concat([Buffer.from([0xc0 | 60, body.length]), body]);
}

/** A key as a website serves it, RFC 9580 section 6. */
export function armoredKey(fingerprint: string): string {
  const data = binaryKey(fingerprint);
  let crc = 0xb704ce;
  for (const byte of data) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1;
      if (crc & 0x1000000) crc ^= 0x1864cfb;
    }
  }
  const sum = Buffer.from([(crc >> 16) & 255, (crc >> 8) & 255, crc & 255]).toString("base64");
  const lines = data.toString("base64").replace(/.{64}/g, "$&\n").trim();
  return `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${lines}\n=${sum}\n-----END PGP PUBLIC KEY BLOCK-----\n`;
}

/** Why a keyring does not verify a key; undefined when it does. */
export function keyringProblem(
  root: string,
  path: string,
  fingerprint: string,
): "missing" | "unreadable" | "no key" | "empty" | undefined {
  const file = inRoot(root, path);
  if (!existsSync(file)) return "missing";
  // apt verifies as the user _apt.
  if ((statSync(file).mode & 0o004) === 0) return "unreadable";
  const data = readFileSync(file);
  if (data.length === 0) return "empty";
  return fingerprintIn(data, fingerprint) === undefined ? "no key" : undefined;
}

/** Fingerprint of the lab's key in a keyring, armored or not; undefined when it holds none, or not the wanted one. */
export function fingerprintIn(data: Buffer, wanted?: string): string | undefined {
  const text = data.toString("latin1");
  const blocks = [...text.matchAll(/-----BEGIN PGP[^\n]*\n(?:[^\n]+\n)*\n([\s\S]*?)\n=/g)].map(
    ([, block = ""]) => Buffer.from(block.replace(/\s/g, ""), "base64").toString("latin1"),
  );
  const found = [text, ...blocks].flatMap((one) =>
    [...one.matchAll(/phoenix-lab signing key ([0-9A-F]+)/g)].map(([, key]) => key),
  );
  return wanted === undefined ? found[0] : found.find((key) => key === wanted);
}
