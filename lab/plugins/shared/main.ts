import { EngineLink } from "./engineClient";
import type { Provider } from "./provider";
import { serve } from "./server";

/**
 * Runs a provider as a plugin process: prints the port on standard output, serves until the engine ends it
 * or is gone. The engine's address is the last argument that is no flag; without one (a person trying the
 * plugin by hand) messages go to standard error.
 */
export function runPlugin(provider: Provider): void {
  // An end like any other, with what is done at it: modules are kept for the next one.
  process.once("SIGTERM", () => process.exit(0));
  const engine = new EngineLink(
    process.argv
      .slice(2)
      .filter((argument) => !argument.startsWith("-"))
      .at(-1),
  );
  serve(provider, engine)
    .then(({ port }) => {
      process.stdout.write(`${port}\n`);
      engine.watch(() => process.exit(0));
    })
    .catch((error: unknown) => {
      process.stderr.write(`${provider.name}: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    });
}
