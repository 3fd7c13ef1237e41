/** Writes X.509 certificates (RFC 5280), which Node.js only reads: self-signed ones of a server, for a key of ECDSA. */
import { createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";

/** DER's tags of what a certificate is made of. */
const tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
};

/** Object identifiers, encoded. */
const oid = {
  ecdsaWithSha256: Buffer.from("06082a8648ce3d040302", "hex"),
  commonName: Buffer.from("0603550403", "hex"),
  subjectAltName: Buffer.from("0603551d11", "hex"),
  basicConstraints: Buffer.from("0603551d13", "hex"),
};

/** GeneralName's choices of a subjectAltName. */
const dnsName = 0x82;
const ipAddress = 0x87;

function der(kind: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([kind, body.length]), body]);
  const size = Buffer.from(body.length.toString(16).padStart(4, "0"), "hex");
  return Buffer.concat([Buffer.from([kind, 0x80 + size.length]), size, body]);
}

const bits = (content: Buffer): Buffer => der(tag.bitString, Buffer.from([0]), content);

/** A moment as YYMMDDHHMMSSZ, which is the form of moments until 2049. */
const time = (moment: Date): Buffer =>
  der(tag.utcTime, Buffer.from(`${moment.toISOString().slice(2, 19).replace(/[-:T]/g, "")}Z`));

const extension = (id: Buffer, value: Buffer): Buffer => der(tag.sequence, id, der(tag.octetString, value));

export interface Subject {
  commonName: string;
  /** What the server is reached by. */
  dnsNames: string[];
  ipv4Addresses: string[];
}

/** The certificate as PEM, valid from now on for so many days. */
export function selfSigned(
  key: KeyObject,
  { commonName, dnsNames, ipv4Addresses }: Subject,
  days: number,
): string {
  const algorithm = der(tag.sequence, oid.ecdsaWithSha256);
  const name = der(
    tag.sequence,
    der(tag.set, der(tag.sequence, oid.commonName, der(tag.utf8String, Buffer.from(commonName)))),
  );
  // A serial number is positive, and has no zero byte in front.
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)]);
  const now = Date.now();
  const alternatives = [
    ...dnsNames.map((dns) => der(dnsName, Buffer.from(dns))),
    ...ipv4Addresses.map((address) => der(ipAddress, Buffer.from(address.split(".").map(Number)))),
  ];
  const toBeSigned = der(
    tag.sequence,
    der(tag.version, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, serial),
    algorithm,
    name,
    der(tag.sequence, time(new Date(now)), time(new Date(now + days * 24 * 3600 * 1000))),
    name,
    createPublicKey(key).export({ type: "spki", format: "der" }),
    der(
      tag.extensions,
      der(
        tag.sequence,
        extension(oid.basicConstraints, der(tag.sequence)),
        extension(oid.subjectAltName, der(tag.sequence, ...alternatives)),
      ),
    ),
  );
  const certificate = der(tag.sequence, toBeSigned, algorithm, bits(sign("sha256", toBeSigned, key)));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
