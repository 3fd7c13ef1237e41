/** The API's self-signed certificate: made once, so that its fingerprint stays. */
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { selfSigned } from "./x509";

const DAYS = 3650;

export interface Certificate {
  key: string;
  cert: string;
}

/** A new key and its certificate, for a node on this machine's loopback. */
export function makeCertificate(node: string): Certificate {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = {
    commonName: `${node}.local`,
    dnsNames: [node, "localhost"],
    ipv4Addresses: ["127.0.0.1"],
  };
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    cert: selfSigned(privateKey, subject, DAYS),
  };
}

/** The certificate in a folder; made when there is none. */
export function certificate(folder: string, node: string): Certificate {
  const keyFile = join(folder, "pve-ssl.key");
  const certFile = join(folder, "pve-ssl.pem");
  if (existsSync(keyFile) && existsSync(certFile))
    return { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
  const made = makeCertificate(node);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(keyFile, made.key, { mode: 0o600 });
  writeFileSync(certFile, made.cert);
  return made;
}
