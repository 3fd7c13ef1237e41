import type { CheckResult } from "../shared/provider";
import { open, plainMap, secret } from "../shared/wire";
import type { Wire, WireMap } from "../shared/wire";
import type { SecureVersion } from "node:tls";
import type { Settings } from "./api/client";

const secrets = ["password", "apiToken", "authTicket", "csrfPreventionToken", "otp"];
const known = [
  ...secrets,
  "endpoint",
  "insecure",
  "minTls",
  "username",
  "ssh",
  "tmpDir",
  "randomVmIds",
  "randomVmIdStart",
  "randomVmIdEnd",
  "version",
];

/** Known to the real provider, but not carried here: refused by name instead of being ignored. */
const refused = [
  "authTicket",
  "csrfPreventionToken",
  "otp",
  "randomVmIds",
  "randomVmIdStart",
  "randomVmIdEnd",
];

/** The provider's own inputs: marks the secret ones, and names what it does not know or carry. */
export function checkConfig(news: WireMap): CheckResult {
  const inputs: WireMap = {};
  for (const [key, value] of Object.entries(news)) {
    if (key === "__internal" || value === null) continue;
    inputs[key] = secrets.includes(key) ? secret(value) : value;
  }
  const failures = Object.keys(inputs)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      property: key,
      reason: `could not validate provider configuration: Invalid or unknown key. Examine values at 'proxmoxve:${key}'.`,
    }));
  const off = (key: string): boolean => ["false", false].includes(open(inputs[key] ?? null) as string);
  for (const key of Object.keys(inputs))
    if (refused.includes(key) && !off(key))
      failures.push({ property: key, reason: `'${key}' is not supported by the lab's proxmoxve plugin` });
  return { inputs, failures };
}

/** Settings of the API client; what is missing comes from the environment, as the real provider reads it. */
export function settingsOf(args: WireMap): Settings {
  const config = plainMap(args);
  const value = (key: string, variable: string): string | undefined => {
    const given = config[key];
    return typeof given === "string" && given !== "" ? given : process.env[variable] || undefined;
  };
  const endpoint = value("endpoint", "PROXMOX_VE_ENDPOINT");
  if (endpoint === undefined)
    throw new Error(
      "You must specify the endpoint of the Proxmox Virtual Environment API (valid: https://host:port/)",
    );
  const minTls = value("minTls", "PROXMOX_VE_MIN_TLS") ?? "1.3";
  if (!/^1\.[0-3]$/.test(minTls))
    throw new Error(`unsupported minimal TLS version ${minTls}, must be one of: 1.0, 1.1, 1.2, 1.3`);
  const settings: Settings = {
    endpoint,
    minTls: `TLSv${minTls.replace(/^1\.0$/, "1")}` as SecureVersion,
    insecure: truth(config["insecure"] ?? process.env["PROXMOX_VE_INSECURE"]),
  };
  const [username, password] = [
    value("username", "PROXMOX_VE_USERNAME"),
    value("password", "PROXMOX_VE_PASSWORD"),
  ];
  const apiToken = value("apiToken", "PROXMOX_VE_API_TOKEN");
  if (username !== undefined) settings.username = username;
  if (password !== undefined) settings.password = password;
  if (apiToken !== undefined) settings.apiToken = apiToken;
  return settings;
}

/** Engines send a provider's inputs as JSON text. */
function truth(value: Wire | undefined): boolean {
  return value === true || value === "true" || value === "1";
}
