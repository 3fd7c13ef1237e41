/**
 * The key that a passphrase gives, by a derivation that is meant to be slow: 0.2 s of processor time in each process. Of
 * a passphrase that everybody may know, LAB_PUBLIC_PASSPHRASE, it is kept; of any other, nothing ever is.
 */
import { createHash, pbkdf2, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const ITERATIONS = 1_000_000;
const KEY_BYTES = 32;
const SALT_BYTES = 8;

/** What module-cache.js keeps, and clears of what is old. */
const folder = join(__dirname, "..", "..", "..", "node_modules", ".cache", "phoenix");

const isPublic = (passphrase: string): boolean => passphrase === process.env["LAB_PUBLIC_PASSPHRASE"];

const digest = (...parts: (string | Buffer)[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest();
};

/** A salt for a new stack: always the same for a public passphrase, so that the key is known. */
export const newSalt = (passphrase: string): Buffer =>
  isPublic(passphrase) ? digest("salt", passphrase).subarray(0, SALT_BYTES) : randomBytes(SALT_BYTES);

/** The key from a passphrase and a stack's salt. */
export async function deriveKey(passphrase: string, salt: Buffer): Promise<Buffer> {
  if (!isPublic(passphrase)) return derive(passphrase, salt);
  const file = join(folder, `key-${digest("key", passphrase, salt).toString("hex").slice(0, 16)}`);
  const kept = read(file);
  if (kept !== undefined) return kept;
  const key = await derive(passphrase, salt);
  keep(file, key);
  return key;
}

const derive = (passphrase: string, salt: Buffer): Promise<Buffer> =>
  promisify(pbkdf2)(passphrase, salt, ITERATIONS, KEY_BYTES, "sha256");

function read(file: string): Buffer | undefined {
  try {
    const { uid } = statSync(file);
    const bytes = readFileSync(file);
    return uid === process.getuid?.() && bytes.length === KEY_BYTES ? bytes : undefined;
  } catch {
    return undefined; // It was not derived yet.
  }
}

function keep(file: string, key: Buffer): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const own = `${file}.${process.pid}`;
    writeFileSync(own, key, { mode: 0o600 });
    renameSync(own, file);
  } catch {
    // A checkout that only others may write to: it is derived again.
  }
}
