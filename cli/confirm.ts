import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { BAD_ARGUMENTS, UserError } from "./errors";

/** Refuses to go on where nobody can answer. */
export function requireTerminal(command: string): void {
  if (process.stdin.isTTY && process.stderr.isTTY) return;
  throw new UserError(
    `phoenix ${command} asks before it changes anything, and there is no terminal to ask on: add --yes.`,
    BAD_ARGUMENTS,
  );
}

/** Asks until one of the answers is given; anything that ends the input counts as the last one. */
export async function ask(question: string, answers: readonly string[]): Promise<string> {
  const last = answers.at(-1) as string;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => terminal.once("close", () => resolve(last)));
  try {
    for (;;) {
      const given = await Promise.race([terminal.question(`${question} [${answers.join("/")}] `), ended]);
      const answer = answers.find((one) => one === given.trim().toLowerCase());
      if (answer) return answer;
    }
  } finally {
    terminal.close();
  }
}

/** Asks for a text; an empty answer is the default. A secret is not shown while it is typed. */
export async function askText(question: string, fallback = "", secret = false): Promise<string> {
  const silent = new Writable({ write: (_data, _encoding, done) => done() });
  const output = secret ? silent : process.stderr;
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  const ended = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  const prompt = `${question}${fallback && ` [${fallback}]`}: `;
  if (secret) process.stderr.write(prompt);
  try {
    return (await Promise.race([terminal.question(prompt), ended])).trim() || fallback;
  } finally {
    terminal.close();
    if (secret) process.stderr.write("\n");
  }
}
