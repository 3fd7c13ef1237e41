/** Which variables of a client sshd lets through. */
import { readFileSync } from "node:fs";
import { inRoot } from "../confined";

/** Of Debian's own sshd_config, which the lab's host has where nobody wrote another one. */
const DEBIAN = "AcceptEnv LANG LC_*";

/** AcceptEnv of sshd_config(5), all lines together; without one, nothing. */
export function acceptedNames(root: string): RegExp {
  const patterns = configuration(root)
    .split("\n")
    .flatMap((line) => /^\s*AcceptEnv[\s=]+(.*)$/i.exec(line)?.[1]?.trim().split(/\s+/) ?? []);
  const expressions = patterns.map((pattern) =>
    pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", "."),
  );
  return new RegExp(`^(?:${expressions.length > 0 ? expressions.join("|") : "(?!)"})$`);
}

function configuration(root: string): string {
  try {
    return readFileSync(inRoot(root, "/etc/ssh/sshd_config"), "utf8");
  } catch {
    return DEBIAN;
  }
}
