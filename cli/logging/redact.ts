/** Replaces secrets in texts by `[secret]`, as Pulumi does, for logs and terminals. */

const SHOWN = "[secret]";

/** Pulumi's mark of a secret on the wire; the SDK's debug messages carry it, with the value behind it. */
const SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270";

/** Names of fields that tell one event from another; none ever holds a secret. */
const STRUCTURE = new Set(["op", "urn", "type", "severity", "parent", "provider"]);

export type Redact = (text: string) => string;

const escaped = (text: string) => JSON.stringify(text).slice(1, -1);

/** A secret as it may stand in a text: as it is, within JSON, within JSON within JSON; a key also line by line. */
function formsOf(secret: string): string[] {
  const lines = secret
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.length >= 16 && !line.startsWith("-----"));
  return [secret, secret.trim(), ...(secret.includes("\n") ? lines : [])].flatMap((text) => [
    text,
    escaped(text),
    escaped(escaped(text)),
  ]);
}

/** Every form of the secrets, longest first. Those of less than three characters are left out, as in Pulumi. */
function allForms(secrets: Iterable<string>): string[] {
  return [...new Set([...secrets].flatMap(formsOf))]
    .filter((form) => form.length >= 3)
    .sort((one, other) => other.length - one.length);
}

export function redactor(secrets: Iterable<string>): Redact {
  const forms = allForms(secrets);
  return (text) => {
    const mark = text.indexOf(SECRET_MARK);
    const visible = mark === -1 ? text : `${text.slice(0, mark)}${SHOWN}${text.endsWith("\n") ? "\n" : ""}`;
    return forms.reduce((all, form) => all.replaceAll(form, SHOWN), visible);
  };
}

/** Whether the redactor of these secrets may change some bytes; false only where it surely does not. */
export function suspector(secrets: Iterable<string>): (bytes: Buffer) => boolean {
  const all = [SECRET_MARK, ...allForms(secrets)];
  // Where a part of a secret does not occur, the whole does not either.
  const parts = all.filter((form) => !all.some((other) => other !== form && form.includes(other)));
  const searched = parts.map((part) => Buffer.from(part));
  return (bytes) => searched.some((part) => bytes.includes(part));
}

/** The same for one line of an event log, which stays JSON; one that is not JSON is half written. */
export function eventRedactor(redact: Redact): Redact {
  const within = (value: unknown, key = ""): unknown => {
    if (typeof value === "string") return STRUCTURE.has(key) ? value : redact(value);
    if (Array.isArray(value)) return value.map((one) => within(one));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [redact(name), within(one, name)]));
  };
  return (line) => {
    if (redact(line) === line) return line;
    try {
      return JSON.stringify(within(JSON.parse(line)));
    } catch {
      return redact(line);
    }
  };
}

/** Passes on whole lines, in whichever pieces they come in; `end` passes on the rest. */
export class Lines {
  private rest = "";
  private readonly decoder = new TextDecoder();

  constructor(private readonly take: (line: string) => void) {}

  add(data: Uint8Array): void {
    const lines = (this.rest + this.decoder.decode(data, { stream: true })).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.take(`${line}\n`);
  }

  end(): void {
    if (this.rest) this.take(this.rest);
    this.rest = "";
  }
}
