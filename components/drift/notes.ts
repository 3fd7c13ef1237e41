/** What is known on the node of the steps that were applied there; host/lib/applied.sh writes it. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { RERUN_VARIABLE } from "../host/rerun";
import { codeOf } from "../host/script";
import type { Session } from "../host/session";

const PROBE = "look";

/** One step's note. */
interface Note {
  digest: string;
  /** What its script reported. */
  result: string;
}

export class Notes {
  private readonly notes = new Map<string, Note>();
  private key = "";
  /** Whether sshd lets the variable through. */
  accepts = false;
  /** Whether the node has jq, by which looks read their settings. */
  hasJq = true;

  /** @param text what notes.sh printed */
  constructor(text: string) {
    for (const [kind, first = "", ...more] of text.split("\n").map((line) => line.split("\t"))) {
      if (kind === "without") this.hasJq = false;
      else if (kind === "accepts") this.accepts = first === PROBE;
      else if (kind === "key") this.key = first;
      else if (kind === "applied") this.add(first, more);
    }
  }

  private add(file: string, [digest = "", ...result]: string[]): void {
    this.notes.set(file, { digest, result: result.join("\t") });
  }

  /** Whether the step was applied with this standard input, and not with another one since. */
  has(step: string, input: string): boolean {
    const { digest } = this.notes.get(fileOf(step)) ?? {};
    return (
      digest !== undefined && digest === createHash("sha256").update(`${this.key}${input}\n`).digest("hex")
    );
  }

  /** What the step's script reported, as the engine has it in its state. */
  resultOf = (step: string): string | undefined => this.notes.get(fileOf(step))?.result;

  get isEmpty(): boolean {
    return this.notes.size === 0;
  }
}

/** A step's note is a file of its name, in which `/` is written `%`. */
const fileOf = (step: string): string => step.replaceAll("/", "%");

const script = join(__dirname, "scripts", "notes.sh");

/**
 * Reads the notes of a stack.
 *
 * @param steps names of all its steps, where notes of other ones are to be removed
 */
export async function readNotes(
  session: Session,
  tag: string,
  steps: readonly string[] | undefined,
  seconds: number,
): Promise<Notes> {
  const input = [tag, steps ? "prune" : "", ...(steps ?? []).map(fileOf)].map((line) => `${line}\n`).join("");
  const { code, stdout, stderr } = await session.run(
    codeOf(script),
    input,
    { [RERUN_VARIABLE]: PROBE },
    seconds,
  );
  if (code !== 0)
    throw new Error(stderr.trim().split("\n").at(-1) || "what was applied there could not be read");
  return new Notes(stdout.toString());
}
