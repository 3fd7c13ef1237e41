/** Building blocks shared by the schemas of both files. Every leaf carries a description that ends a remedy. */
import { z } from "zod";
import { cidrPattern, ipv4Pattern } from "./ipv4";

/** Text that is not empty. */
export const text = () => z.string().min(1);

/** A whole number between two bounds, both included. */
export const whole = (least: number, most: number) => z.int().min(least).max(most);

/** IPv4 address without a prefix length. */
export const ipv4 = () => z.string().regex(ipv4Pattern, "is not an IPv4 address");

/** IPv4 address with a prefix length, such as 10.0.0.200/24. */
export const cidr = () => z.string().regex(cidrPattern, "is not an IPv4 address with a prefix length");

/** http, https or ftp address, as the original's schema has it. */
export const url = () =>
  z.string().regex(/^(https?|ftp):\/\/[^\s/$.?#].[^\s]*$/, "is not an http, https or ftp URL");

/** Container id as the files write it: digits in quotes. */
export const ctidText = () => z.string().regex(/^[0-9]+$/, "is not a CTID");

/** A guest as `dependencies` names it: a CTID, or the VMID or name of a virtual machine. */
export const guestText = () =>
  z
    .string()
    .regex(/^([0-9]+|[A-Za-z][A-Za-z0-9.-]*)$/, "is neither a CTID nor the name of a virtual machine");

/** Path from the root, without `..`. */
export const absolutePath = () =>
  z
    .string()
    .regex(
      /^\/(?!.*(?:^|\/)\.\.(?:\/|$))[^\s:,]*$/,
      "is not an absolute path without .., spaces, colons and commas",
    );

/** Octal permission bits, such as 775 or 0775. */
export const mode = () => z.string().regex(/^0?[0-7]{3}$/, "is not an octal mode");

/** A comment for people: JSON has none of its own. */
export const comment = () => z.string().optional().describe("A comment for people; nothing reads it");

/** Name of a feature; one that is not built in is a script feature_<name>.sh. */
export const featureName = () => z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, "is not the name of a feature");

/** Name of a script in a folder of the environment. */
export const scriptName = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, "is not the file name of a script (a name without a folder)");

/** What crypt(5) writes, `!` or `*` for no password, or NOT_SET; nothing that could be a password in clear. */
export const passwordHashPattern = /^(NOT_SET|[!*]+|\$(?:y|gy|7|6|5|2[abxy]|1)\$[./A-Za-z0-9$,=]+)$/;

/** Linux user name. */
export const userName = () => z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "is not a Linux user name");
