import { createHash } from "node:crypto";
import type { Operation, Resource } from "../core/state";
import {
  isObject,
  isSecret,
  mapProps,
  secret,
  SECRET_SIG,
  SIG,
  type Props,
  type Value,
} from "../core/values";
import { UserError } from "../errors";
import { VERSION } from "../version";
import type { Crypter } from "./secrets";

export interface Deployment {
  manifest: { time: string; magic: string; version: string };
  secrets_providers?: { type: string; state?: unknown };
  resources?: StoredResource[];
  pending_operations?: { resource: StoredResource; type: Operation["type"] }[];
  metadata?: object;
}

/** A resource as it stands in the file: secrets closed, empty fields left out. */
export type StoredResource = Record<string, unknown> & { urn: string; type: string };

/** Closes secrets; the same plaintext of the same resource keeps its ciphertext from one write to the next. */
export class Sealer {
  private readonly known = new Map<string, string>();

  constructor(private readonly crypter: Crypter) {}

  seal(urn: string, plaintext: string): string {
    const key = `${urn}\0${plaintext}`;
    const found = this.known.get(key);
    if (found !== undefined) return found;
    const made = this.crypter.encrypt(plaintext);
    this.known.set(key, made);
    return made;
  }

  open(urn: string, ciphertext: string): string {
    const plaintext = this.crypter.decrypt(ciphertext);
    this.known.set(`${urn}\0${plaintext}`, ciphertext);
    return plaintext;
  }
}

function sealProps(props: Props, urn: string, sealer: Sealer): Props {
  return mapProps(props, (e) =>
    isSecret(e) ? { [SIG]: SECRET_SIG, ciphertext: sealer.seal(urn, JSON.stringify(e.value)) } : undefined,
  );
}

function openProps(props: Props, urn: string, sealer: Sealer): Props {
  return mapProps(props, (e: Value) => {
    if (!isObject(e) || e[SIG] !== SECRET_SIG) return undefined;
    const text =
      typeof e["ciphertext"] === "string"
        ? sealer.open(urn, e["ciphertext"])
        : (e["plaintext"] as string | undefined);
    return text === undefined ? undefined : secret(JSON.parse(text) as Value);
  });
}

/** Pulumi refuses a state whose `magic` is not the version's SHA-256. */
export function manifestNow(): Deployment["manifest"] {
  const magic = createHash("sha256").update(VERSION).digest("hex");
  return { time: new Date().toISOString(), magic, version: VERSION };
}

const ORDER = ["urn", "custom", "delete", "id", "type", "inputs", "outputs", "parent", "protect", "external"];

export function storeResource(r: Resource, sealer: Sealer): StoredResource {
  const out: Record<string, unknown> = {};
  const keys = [...ORDER, ...Object.keys(r).filter((k) => !ORDER.includes(k))];
  for (const key of keys) {
    const value = key === "inputs" || key === "outputs" ? sealProps(r[key], r.urn, sealer) : r[key];
    if (key === "custom" || !isEmpty(value)) out[key] = value;
  }
  if (r.replacementTrigger !== undefined) {
    out["replacementTrigger"] = sealProps({ v: r.replacementTrigger }, r.urn, sealer)["v"];
  }
  return out as StoredResource;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

export function loadResource(stored: StoredResource, sealer: Sealer): Resource {
  const r = { ...stored } as unknown as Resource;
  r.custom = stored["custom"] === true;
  r.inputs = openProps((stored["inputs"] ?? {}) as Props, stored.urn, sealer);
  r.outputs = openProps((stored["outputs"] ?? {}) as Props, stored.urn, sealer);
  if (r.replacementTrigger !== undefined) {
    r.replacementTrigger = openProps({ v: r.replacementTrigger }, stored.urn, sealer)["v"] ?? null;
  }
  return r;
}

/** With `--show-secrets`: ciphertexts as open text, in the form `stack import` takes back. */
export function showSecrets(deployment: Deployment, crypter: Crypter): Deployment {
  return JSON.parse(JSON.stringify(deployment), (_key, value: Value) =>
    isObject(value) && value[SIG] === SECRET_SIG && typeof value["ciphertext"] === "string"
      ? { [SIG]: SECRET_SIG, plaintext: crypter.decrypt(value["ciphertext"]) }
      : value,
  ) as Deployment;
}

/** The other way round, for what `stack import` reads. */
export function hideSecrets(deployment: Deployment, crypter: Crypter): Deployment {
  return JSON.parse(JSON.stringify(deployment), (_key, value: Value) =>
    isObject(value) && value[SIG] === SECRET_SIG && typeof value["plaintext"] === "string"
      ? { [SIG]: SECRET_SIG, ciphertext: crypter.encrypt(value["plaintext"]) }
      : value,
  ) as Deployment;
}

/** A deployment without ciphertexts needs no passphrase to be read. */
export function holdsSecrets(deployment: Deployment): boolean {
  return JSON.stringify(deployment).includes(SECRET_SIG);
}

/**
 * Refuses a state that no engine could have written: a resource before what it needs, or twice.
 * @throws UserError in Pulumi's wording.
 */
export function verifyIntegrity(resources: StoredResource[]): void {
  const seen = new Set<string>();
  for (const r of resources) {
    const parent = r["parent"] as string | undefined;
    if (parent && !seen.has(parent)) fail(`child resource ${r.urn} refers to missing parent ${parent}`);
    for (const dep of (r["dependencies"] as string[] | undefined) ?? []) {
      if (!seen.has(dep)) fail(`resource ${r.urn} dependency ${dep} refers to missing resource`);
    }
    if (seen.has(r.urn) && !r["delete"]) {
      const others = resources.filter((o) => o.urn === r.urn && !o["delete"]);
      if (others.length > 1) fail(`duplicate resource ${r.urn} (not marked for deletion)`);
    }
    seen.add(r.urn);
  }
}

function fail(reason: string): never {
  throw new UserError(`snapshot integrity failure; refusing to use it: ${reason}`);
}

export const saltOf = (salt: string): { type: string; state: { salt: string } } => ({
  type: "passphrase",
  state: { salt },
});
