/** Passwords of Samba users: secrets of the stack, never part of a file. */
import * as pulumi from "@pulumi/pulumi";
import { ConfigurationError, type Finding, Report } from "./findings";
import type { SambaSpec } from "./sharing";

const section = "phoenix:sambaPasswords";

/** Whether a setting is encrypted in the stack's file: internal to the SDK, and the only way to find out. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };

/** The stack's keys that hold Samba passwords, without `phoenix:`. */
export function sambaPasswordKeys(): string[] {
  return Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${section}.`))
    .map((key) => key.slice("phoenix:".length));
}

/**
 * The password of every user of the shares: `phoenix:sambaPasswords.<user>`, else the variable
 * `PHOENIX_SAMBA_PASSWORD_<USER>` (upper case, - as _). `NOT_SET` leaves a user's password alone; so does a
 * missing one, with a warning: nobody can connect as a user who never got one.
 *
 * @throws ConfigurationError naming every short or unencrypted one with the command that mends it
 */
export function sambaPasswords(
  samba: SambaSpec,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): { passwords: Record<string, pulumi.Output<string>>; warnings: Finding[] } {
  const report = new Report(`Pulumi.${pulumi.getStack()}.yaml`);
  const config = new pulumi.Config("phoenix");
  const found = samba.users.flatMap(({ name }): [string, pulumi.Output<string>][] => {
    const key = `sambaPasswords.${name}`;
    const variable = `PHOENIX_SAMBA_PASSWORD_${name.toUpperCase().replaceAll("-", "_")}`;
    const command = `pulumi config set --secret phoenix:${key}`;
    const inStack = config.get(key);
    const password = inStack || environment[variable];
    const refuse = (problem: string, remedy: string) => report.mistake([section, name], problem, remedy);
    if (!password) {
      report.warning(
        [section, name],
        "is missing, so nobody can connect as this Samba user unless the host has a password for it",
        `${command} (or set ${variable}); NOT_SET to be left alone`,
      );
    } else if (password !== "NOT_SET") {
      const problem = passwordProblem(password);
      if (inStack && !isConfigSecret(`phoenix:${key}`)) {
        refuse("stands in the file in clear text", `take another password, and set it by ${command}`);
      } else if (problem !== undefined) {
        refuse(problem, inStack ? command : `correct the variable ${variable}`);
      }
    }
    return [[name, pulumi.secret(password || "NOT_SET")]];
  });
  for (const key of sambaPasswordKeys()) {
    const name = key.slice("sambaPasswords.".length);
    if (samba.users.every((user) => user.name !== name)) {
      report.mistake(
        [section, name],
        "is the password of nobody who may use a share",
        `pulumi config rm ${key}`,
      );
    }
  }
  if (report.mistakes.length > 0) throw new ConfigurationError(report.mistakes);
  return { passwords: Object.fromEntries(found), warnings: report.warnings };
}

/** What is wrong with a password; it is never shown. */
function passwordProblem(password: string): string | undefined {
  // smbpasswd reads a line, and clients take at most 127 characters.
  if (/[\0\r\n]/.test(password)) return "holds a line break";
  if (password.length < 8) return "is shorter than 8 characters";
  if (password.length > 127) return "is longer than 127 characters";
  if (/^[\x20-\x7e]*$/.test(password) && new Set(password).size < 4)
    return "has fewer than 4 different characters";
  return undefined;
}
