/** Runs the looks of many steps by one command. */
import { join } from "node:path";
import { z } from "zod";
import { codeOf, filesOf, preludeFiles } from "../host/script";
import type { Session } from "../host/session";

/** A step that is looked at. */
export interface Look {
  /** Name of the step. */
  step: string;
  /** Script file. */
  script: string;
  /** The step's standard input. */
  input: string;
}

/** What a look found: what deviates, or why it could not look. */
export type Found = { deviations: string[] } | { failure: string };

/** How long one look may take, and all of them, in seconds. */
export interface Limits {
  one: number;
  all: number;
}

const script = join(__dirname, "scripts", "look-all.sh");

/** Ends each part; text in UTF-8 does not have it. */
const END = Buffer.from([0xff]);

/** What look-all.sh is given: each file once, and of each look the numbers of its files. */
export function requestOf(looks: readonly Look[], limits: Limits): Buffer {
  const bundles = looks.map(({ script: file }) => filesOf(file));
  const files = [...new Set(bundles.flat())];
  const places = new Map(files.map((file, place) => [file, place]));
  const parts = [
    ...[limits.one, limits.all].map(String),
    preludeFiles().map(codeOf).join(""),
    String(files.length),
    ...files.map(codeOf),
    ...looks.flatMap(({ input }, index) => [
      bundles[index]!.map((file) => places.get(file)).join(" "),
      input,
    ]),
  ];
  return Buffer.concat(parts.flatMap((part) => [Buffer.from(part), END]));
}

/** The last line of a look. */
const resultSchema = z.object({ changed: z.literal(false), deviations: z.array(z.string()) });

/** What look-all.sh printed, for each look. */
export function answerOf(output: Buffer, looks: readonly Look[], limits: Limits): Found[] {
  const parts = partsOf(output);
  return looks.map((_look, index) => {
    const [code = "", found = "", said = ""] = parts.slice(3 * index);
    return foundOf(code, found, said, limits);
  });
}

function foundOf(code: string, found: string, said: string, { one }: Limits): Found {
  if (code === "late") return { failure: `it took longer than ${one} s` };
  if (code === "left") return { failure: "the looks before it took all the time there is" };
  if (code !== "0")
    return { failure: lastLine(said) || (code ? `it ended with exit code ${code}` : "it did not end") };
  try {
    return { deviations: resultSchema.parse(JSON.parse(lastLine(found))).deviations };
  } catch {
    return { failure: `it printed no result${found === "" ? "" : `, but: ${found.slice(0, 200)}`}` };
  }
}

function partsOf(output: Buffer): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let end = output.indexOf(END); end !== -1; end = output.indexOf(END, from)) {
    parts.push(output.toString("utf8", from, end));
    from = end + END.length;
  }
  return parts;
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1)!.trim();

/** Runs all; gives what each found, in their order. */
export async function runLooks(
  session: Pick<Session, "run">,
  looks: readonly Look[],
  limits: Limits,
): Promise<Found[]> {
  const { code, stdout, stderr } = await session.run(
    codeOf(script),
    requestOf(looks, limits),
    {},
    limits.all + 10,
  );
  if (code !== 0) throw new Error(lastLine(stderr) || "its answer broke off");
  return answerOf(stdout, looks, limits);
}
