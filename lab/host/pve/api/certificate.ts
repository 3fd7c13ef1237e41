/** The API's self-signed certificate: made once, so that its fingerprint stays. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const DAYS = 3650;

export async function certificate(folder: string, node: string): Promise<{ key: string; cert: string }> {
  const keyFile = join(folder, "pve-ssl.key");
  const certFile = join(folder, "pve-ssl.pem");
  if (existsSync(keyFile) && existsSync(certFile))
    return { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
  // Loaded for the first start only: it takes a quarter of a start.
  const { generate } = createRequire(__filename)("selfsigned") as typeof import("selfsigned");
  const made = await generate([{ name: "commonName", value: `${node}.local` }], {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + DAYS * 24 * 3600 * 1000),
    extensions: [
      { name: "basicConstraints", cA: false },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: node },
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(keyFile, made.private, { mode: 0o600 });
  writeFileSync(certFile, made.cert);
  return { key: made.private, cert: made.cert };
}
