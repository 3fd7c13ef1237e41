import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { UserError } from "../errors";
import { deriveKey, newSalt } from "./keys";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under a key from the passphrase, in Pulumi's own text form `v1:<nonce>:<ciphertext and tag>`. */
export class Crypter {
  private constructor(
    private readonly key: Buffer,
    /** What `encryptionsalt` holds: `v1:<salt>:<the word "pulumi", encrypted>`. */
    readonly salt: string,
  ) {}

  /** @throws UserError `incorrect passphrase` when the salt was made with another one. */
  static async open(salt: string, passphrase: string): Promise<Crypter> {
    const [version, encoded, ...check] = salt.split(":");
    if (version !== "v1" || !encoded || check.length === 0) throw new UserError("malformed encryptionsalt");
    const crypter = new Crypter(await deriveKey(passphrase, Buffer.from(encoded, "base64")), salt);
    let word: string;
    try {
      word = crypter.decrypt(check.join(":"));
    } catch {
      word = "";
    }
    if (word !== "pulumi") throw new UserError("incorrect passphrase");
    return crypter;
  }

  static async create(passphrase: string): Promise<Crypter> {
    const salt = newSalt(passphrase);
    const key = await deriveKey(passphrase, salt);
    const check = new Crypter(key, "").encrypt("pulumi");
    return new Crypter(key, `v1:${salt.toString("base64")}:${check}`);
  }

  encrypt(plaintext: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.key, nonce);
    const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
  }

  decrypt(ciphertext: string): string {
    const [version, nonce, sealed] = ciphertext.split(":");
    if (version !== "v1" || !nonce || !sealed) throw new UserError("bad value: not a v1 ciphertext");
    const bytes = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv("aes-256-gcm", this.key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    try {
      return (
        decipher.update(bytes.subarray(0, bytes.length - TAG_BYTES), undefined, "utf8") +
        decipher.final("utf8")
      );
    } catch {
      throw new UserError("failed to decrypt: incorrect passphrase or damaged ciphertext");
    }
  }
}

/** From PULUMI_CONFIG_PASSPHRASE, else the file PULUMI_CONFIG_PASSPHRASE_FILE names. */
export function readPassphrase(env: NodeJS.ProcessEnv = process.env): string {
  if (env["PULUMI_CONFIG_PASSPHRASE"] !== undefined) return env["PULUMI_CONFIG_PASSPHRASE"];
  const file = env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  if (file) {
    try {
      return readFileSync(file, "utf8").trim();
    } catch (error) {
      throw new UserError(`unable to read PULUMI_CONFIG_PASSPHRASE_FILE: ${(error as Error).message}`);
    }
  }
  throw new UserError(
    "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
  );
}
