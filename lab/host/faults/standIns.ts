/** The stand-in commands as they are called: a fault strikes before any of them. */
import type { CommandTable, Host } from "../types";
import type { FaultBook } from "./book";
import { asWorker, Killed } from "../machine/workers";
import { beforeCommand } from "./hooks";

/** The same table, each command behind the faults. The table may grow later; what it gains is not behind them. */
export function behindFaults(
  host: Host,
  book: () => FaultBook | undefined,
  commands: CommandTable,
): CommandTable {
  return Object.fromEntries(
    Object.entries(commands).map(([name, command]) => [
      name,
      {
        ...command,
        run: async (_host, call) => {
          const answer = asWorker(call.args.slice(1).join(" "), async () => {
            const faults = book();
            const instead = faults && (await beforeCommand(host, faults, name, call.args));
            return instead ?? command.run(host, call);
          });
          return answer.catch((error: unknown) => {
            if (error instanceof Killed) return { code: 137, stderr: "Killed\n" };
            throw error;
          });
        },
      } satisfies CommandTable[string],
    ]),
  );
}
