/** The certificate that the lab writes for its API, as Node.js and OpenSSL read it. */
import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { certificate } from "../../host/pve/api/certificate";

/** A folder without a certificate. */
function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "phoenix-certificate-"));
  context.after(() => rmSync(made, { recursive: true }));
  return made;
}

test("it is for the node's name and the machine's loopback, signed by its own key, for ten years", async (context) => {
  const { key, cert } = await certificate(folder(context), "phoenix");
  const read = new X509Certificate(cert);
  assert.equal(read.subject, "CN=phoenix.local");
  assert.equal(read.issuer, read.subject);
  assert.equal(read.subjectAltName, "DNS:phoenix, DNS:localhost, IP Address:127.0.0.1");
  assert.equal(read.checkHost("phoenix"), "phoenix");
  assert.equal(read.checkIP("127.0.0.1"), "127.0.0.1");
  assert.equal(read.ca, false);
  assert.equal(read.verify(read.publicKey), true);
  assert.equal(read.checkPrivateKey(createPrivateKey(key)), true);
  const [from, to] = [Date.parse(read.validFrom), Date.parse(read.validTo)];
  assert.equal(to - from, 3650 * 24 * 3600 * 1000);
  assert.ok(Math.abs(Date.now() - from) < 60_000, read.validFrom);
});

test("two certificates differ in key and serial number; a folder keeps its own", async (context) => {
  const own = folder(context);
  const first = await certificate(own, "phoenix");
  assert.deepEqual(await certificate(own, "phoenix"), first);
  assert.equal(statSync(join(own, "pve-ssl.key")).mode & 0o777, 0o600);
  const other = await certificate(folder(context), "phoenix");
  assert.notEqual(other.key, first.key);
  const serial = ({ cert }: { cert: string }) => new X509Certificate(cert).serialNumber;
  assert.notEqual(serial(other), serial(first));
});
