/** Passwords of the pve realm, token secrets and tickets. */
import { createHmac, randomBytes, randomUUID, scryptSync, timingSafeEqual } from "node:crypto";
import type { Host } from "../../types";
import { loadAccess } from "./users";

interface Secrets {
  /** Key that tickets are signed with. */
  key: string;
  /** scrypt of the passwords of pve users. */
  passwords: Record<string, { salt: string; hash: string }>;
  /** Token secrets by full id. */
  tokens: Record<string, string>;
}

const SECTION = "pve-secrets";

function secrets(host: Host): Secrets {
  const found = host.store.get<Secrets | null>(SECTION, null);
  if (found) return found;
  const made = { key: randomBytes(32).toString("hex"), passwords: {}, tokens: {} };
  host.store.set(SECTION, made);
  return made;
}

const change = (host: Host, edit: (all: Secrets) => void): void => {
  const all = structuredClone(secrets(host));
  edit(all);
  host.store.set(SECTION, all);
};

const hash = (password: string, salt: string): string => scryptSync(password, salt, 32).toString("hex");

const equal = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

export function setPassword(host: Host, user: string, password: string): void {
  const salt = randomBytes(16).toString("hex");
  change(host, (all) => (all.passwords[user] = { salt, hash: hash(password, salt) }));
}

export function forget(host: Host, user: string): void {
  change(host, (all) => {
    delete all.passwords[user];
    for (const id of Object.keys(all.tokens)) if (id.startsWith(`${user}!`)) delete all.tokens[id];
  });
}

export function checkPassword(host: Host, user: string, password: string): boolean {
  const stored = secrets(host).passwords[user];
  return stored !== undefined && equal(stored.hash, hash(password, stored.salt));
}

/** Makes a token's secret; it is shown once. */
export function newTokenSecret(host: Host, id: string): string {
  const value = randomUUID();
  change(host, (all) => (all.tokens[id] = value));
  return value;
}

export function dropToken(host: Host, id: string): void {
  change(host, (all) => delete all.tokens[id]);
}

/** Seconds since the epoch in which a user or token expired, if it did. */
const expired = (expire: number): boolean => expire > 0 && expire < Date.now() / 1000;

/** The user of an API token header, or undefined when it is not valid. */
export function tokenUser(host: Host, text: string): string | undefined {
  const match = /^([^\s!=]+@[^\s!=]+)!([^\s!=]+)=(.+)$/.exec(text);
  if (!match) return undefined;
  const [, user = "", name = "", value = ""] = match;
  const owner = loadAccess(host).users[user];
  const token = owner?.tokens[name];
  const stored = secrets(host).tokens[`${user}!${name}`];
  if (!owner?.enable || !token || stored === undefined || expired(token.expire)) return undefined;
  return equal(stored, value) ? `${user}!${name}` : undefined;
}

const sign = (host: Host, text: string): string =>
  createHmac("sha256", Buffer.from(secrets(host).key, "hex"))
    .update(text)
    .digest("base64")
    .replace(/=+$/, "");

const time = (): string =>
  Math.floor(Date.now() / 1000)
    .toString(16)
    .toUpperCase()
    .padStart(8, "0");

/** Tickets are valid for two hours. */
const LIFETIME = 7200;

export function newTicket(host: Host, user: string): { ticket: string; csrf: string } {
  const stamp = time();
  const plain = `PVE:${user}:${stamp}`;
  return {
    ticket: `${plain}::${sign(host, plain)}`,
    csrf: `${stamp}:${sign(host, `${stamp}:${user}:csrf`)}`,
  };
}

const fresh = (stamp: string): boolean => {
  const age = Date.now() / 1000 - parseInt(stamp, 16);
  return age > -300 && age < LIFETIME;
};

export function ticketUser(host: Host, ticket: string): string | undefined {
  const match = /^(PVE:([^:]+):([0-9A-F]{8}))::(.+)$/.exec(ticket);
  if (!match) return undefined;
  const [, plain = "", user = "", stamp = "", signature = ""] = match;
  if (!fresh(stamp) || !equal(signature, sign(host, plain))) return undefined;
  return loadAccess(host).users[user]?.enable ? user : undefined;
}

export function checkCsrf(host: Host, user: string, token: string | undefined): boolean {
  const [stamp = "", signature = ""] = (token ?? "").split(":");
  return fresh(stamp) && equal(signature, sign(host, `${stamp}:${user}:csrf`));
}
