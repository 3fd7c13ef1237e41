/**
 * Building blocks shared by the schemas of both files, and the one place that says which characters a text may
 * hold. Every text is bounded, and none holds what a terminal acts upon; what is a name, a path or an address holds
 * nothing that a shell acts upon either. Every leaf carries a description that ends a remedy.
 */
import { z } from "zod";
import { cidrPattern, ipv4Pattern } from "./ipv4";
import { unprintable } from "./printable";

/** A text of a certain form, at most 255 characters unless it says otherwise. */
export const pattern = (form: RegExp, problem: string, most = 255) =>
  z.string().max(most, { abort: true }).regex(form, problem);

const oneLine = new RegExp(`^[^${unprintable}]*$`, "u");
const lines = new RegExp(`^(?:[\\t\\r\\n]|[^${unprintable}])*$`, "u");
const control = "has a control character or a mark of writing direction in it";

/** Any text on one line, also an empty one. */
export const line = (most = 1024) => pattern(oneLine, control, most);

/** Text on one line that is not empty. */
export const text = (most = 1024) =>
  z.string().min(1, { abort: true }).max(most, { abort: true }).regex(oneLine, control);

/** A comment for people: JSON has none of its own. Several lines are as good as one; guests get it as notes. */
export const comment = () =>
  pattern(lines, control, 4096).optional().describe("A comment for people; nothing reads it");

/** What a shell acts upon beside spaces. */
const shell = "`$;|&<>\"'\\\\(){}";

/** Text on one line without what a shell acts upon; also an empty one. */
export const plain = () =>
  pattern(
    new RegExp(`^[^${unprintable}${shell}]*$`, "u"),
    "has a control character, or one that means something to a shell, in it",
    4096,
  );

/** A command for a shell, on one line: what it means is for its author to say. */
export const shellCommand = () => text(16_384);

/** Free JSON for a guest's own scripts, as deep as it likes: only its texts are looked at. */
export const freeJson = () => z.unknown().superRefine((value, context) => refuseControl(value, [], context));

function refuseControl(value: unknown, path: (string | number)[], context: z.core.$RefinementCtx): void {
  if (typeof value === "string") {
    if (!lines.test(value)) context.addIssue({ code: "custom", message: control, path });
  } else if (typeof value === "object" && value !== null) {
    const isList = Array.isArray(value);
    for (const [key, item] of Object.entries(value)) {
      const place = [...path, isList ? Number(key) : key];
      if (isList || oneLine.test(key)) refuseControl(item, place, context);
      else context.addIssue({ code: "custom", message: control, path: place });
    }
  }
}

/**
 * A raw line of LXC. The host's own hooks are among them, which LXC hands to a shell: one program with its words,
 * no more.
 */
export const rawLine = () =>
  pattern(
    new RegExp(`^lxc\\.[a-z0-9_.]+ *[:=] *[^${unprintable}]*[^\\s${unprintable}]$`, "u"),
    "is not an lxc.… line",
    4096,
  ).regex(/^(?!.*\$[({])[^`;|&<]*$/s, "has a character in it that a shell acts upon, and LXC has no use for");

/** A whole number between two bounds, both included. */
export const whole = (least: number, most: number) => z.int().min(least).max(most);

/** IPv4 address without a prefix length. */
export const ipv4 = () => pattern(ipv4Pattern, "is not an IPv4 address");

/** A domain of the DNS. */
export const domain = () => pattern(/^[A-Za-z0-9.-]+$/, "is not a domain");

/** IPv4 address with a prefix length, such as 10.0.0.200/24. */
export const cidr = () => pattern(cidrPattern, "is not an IPv4 address with a prefix length");

/** http, https or ftp address, as the original's schema has it; what else an address may hold is written %XX. */
export const url = () =>
  pattern(
    /^(https?|ftp):\/\/[A-Za-z0-9[][A-Za-z0-9._~:/?#@!&*+,=%[\]-]*$/,
    "is not an http, https or ftp URL",
    2048,
  );

/** Whether a download from an address is protected against changes on the way. */
export const isSafeOnTheWay = (address: string): boolean => !/^(?:http|ftp):/i.test(address);

/** A port in a pattern: 1 to 65535. */
export const portPattern =
  "(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})";

/** MAC address of a guest's interface. */
export const mac = () =>
  pattern(/^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/, "is not a MAC address").describe(
    "MAC address of the interface, such as 52:54:00:AA:BB:CC; Proxmox picks one without it",
  );

/** Container id as the files write it: digits in quotes. */
export const ctidText = () => pattern(/^[0-9]+$/, "is not a CTID", 20);

/** A guest as `dependencies` names it: a CTID, or the VMID or name of a virtual machine. */
export const guestText = () =>
  pattern(/^([0-9]+|[A-Za-z][A-Za-z0-9.-]*)$/, "is neither a CTID nor the name of a virtual machine", 63);

/** The id of a storage of Proxmox VE (pve-common's pve-storage-id). */
export const storageIdPattern = /^[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]$/;

/** A storage by its id. */
export const storageId = () => pattern(storageIdPattern, "is not a storage id Proxmox accepts", 100);

/** A bridge of the host: a network interface, whose name the kernel limits to 15 characters. */
export const bridge = () => pattern(/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/, "is not a bridge name");

/** A ZFS pool or dataset by its name, with / between its parts. */
export const zfsName = (problem: string) =>
  pattern(/^[A-Za-z0-9][A-Za-z0-9_.-]*(\/[A-Za-z0-9][A-Za-z0-9_.-]*)*$/, problem);

/** Letters of any writing, digits, and what else a name in a path is made of here. */
export const inPath = "\\p{L}\\p{M}\\p{N}/._+@=~%-";

/** Path from the root, without `..`. */
export const absolutePath = () =>
  pattern(
    new RegExp(`^/(?!.*(?:^|/)\\.\\.(?:/|$))[${inPath}]*$`, "u"),
    "is not an absolute path of letters, digits and . _ - + @ = ~ %, without .. in it",
    1024,
  );

/** A file by volume id, path, URL or its bare name: a template or a disk image. */
export const archive = () =>
  pattern(new RegExp(`^[${inPath}:?#!&*,]+$`, "u"), "is not the name of a file, a volume or a URL", 2048);

/** Checksum of a download. */
export const imageChecksum = () =>
  pattern(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/, "is not a checksum").describe(
    "Checksum of the image that is downloaded, sha256:… or sha512:… and hexadecimal digits",
  );

/** An image in a registry of containers, such as portainer/portainer-ce:latest. */
export const containerImage = () =>
  pattern(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/, "is not the name of a container image");

/** Octal permission bits, such as 775 or 0775. */
export const mode = () => pattern(/^0?[0-7]{3}$/, "is not an octal mode");

/** Name of a feature; one that is not built in is a script feature_<name>.sh. */
export const featureName = () => pattern(/^[a-z][a-z0-9_]{0,39}$/, "is not the name of a feature");

/** Name of a script in a folder of the environment. */
export const scriptName = () =>
  pattern(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, "is not the file name of a script (a name without a folder)");

/** What lies beside a script, by its path from there. */
export const carriedName = () =>
  pattern(
    /^(?!\.\.?(?:\/|$))[A-Za-z0-9_.@+-]+(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9_.@+-]+)*$/,
    "is not the name of a file or folder beside the script",
  );

/** What crypt(5) writes, `!` or `*` for no password, or NOT_SET; nothing that could be a password in clear. */
export const passwordHashPattern = /^(NOT_SET|[!*]+|\$(?:y|gy|7|6|5|2[abxy]|1)\$[./A-Za-z0-9$,=]+)$/;

/** One line of a .pub file; its comment is for people. */
const keyPattern = `(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+=*( [^${unprintable}]*)?`;

/** A public SSH key; with `none`, an empty text too. */
export const publicKey = ({ none }: { none: boolean }) =>
  pattern(
    new RegExp(`^(?:${none ? "|" : ""}${keyPattern})$`, "u"),
    "is not a public key (it is not shown here, in case it is a private one)",
    16_384,
  );

/** Linux user name. */
export const userName = () => pattern(/^[a-z_][a-z0-9_-]{0,31}$/, "is not a Linux user name");
