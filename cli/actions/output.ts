import type { CommonOptions } from "../arguments";
import { EngineSession } from "../engine";
import { chooseStack, readStack } from "../stack";

/** What the stack exports, by the engine with these arguments. */
export async function output(args: readonly string[], options: CommonOptions): Promise<number> {
  const stack = readStack(chooseStack(options.stack));
  const session = await EngineSession.open(stack, options.engine, false);
  await session.ensureStack();
  process.stderr.write(`${session.header()}\n`);
  const json = options.json ? ["--json"] : [];
  return session.run(["stack", "output", "--stack", stack.name, ...json, ...args]);
}
