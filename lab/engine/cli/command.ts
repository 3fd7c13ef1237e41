import type { FlagSet } from "./args";
import type { Session } from "./session";

/** A command of `pulumi`, as the files beside this one list theirs. */
export interface Command {
  /** The words after `pulumi`. */
  name: string;
  flags: FlagSet;
  /** @returns the exit status; 0 when undefined. */
  run(session: Session): Promise<number | undefined | void>;
}
