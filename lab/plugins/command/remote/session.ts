import type { Client, ClientChannel } from "ssh2";
import { quote } from "../../shared/quote";

/** A variable to set before the command; without `optional` a refusal stops the command from running. */
export interface Variable {
  name: string;
  value: string;
  optional: boolean;
}

/**
 * What this needs of ssh2's insides: `exec` with `env` sends the variables without asking for an answer, so
 * a refusal (a stock sshd refuses nearly all) would pass unseen.
 */
interface Internals {
  _protocol: {
    exec(channel: number, command: string, wantReply: boolean): void;
    env(channel: number, name: string, value: string, wantReply: boolean): void;
  };
  _chanMgr: { get(channel: number): { _callbacks: ((failed: boolean | Error) => void)[] } };
}

/**
 * Opens a session, sets the variables one by one and starts the command.
 * @param started Called in the turn of the server's answer, which may hold the command's whole output and
 *   exit status already: listeners attached any later miss the status.
 * @param refused Called for each optional variable the server refuses.
 */
export function startCommand(
  client: Client,
  command: string,
  variables: Variable[],
  started: (channel: ClientChannel) => void,
  refused: (variable: Variable) => void,
): Promise<void> {
  const internals = client as unknown as Internals;
  const protocol = internals._protocol;
  const exec = protocol.exec.bind(protocol);
  return new Promise((resolve, reject) => {
    protocol.exec = (id, text, wantReply) => {
      const { _callbacks: callbacks } = internals._chanMgr.get(id);
      const answered = callbacks.pop();
      const next = (index: number): void => {
        const variable = variables[index];
        if (!variable) {
          if (answered) callbacks.push(answered);
          return exec(id, text, wantReply);
        }
        callbacks.push((failed) => {
          if (failed && !variable.optional)
            return reject(new SetenvError(variable.name, failed === true ? "ssh: setenv failed" : "EOF"));
          if (failed) refused(variable);
          next(index + 1);
        });
        protocol.env(id, variable.name, variable.value, true);
      };
      next(0);
    };
    client.exec(command, (error, channel) => {
      if (!error) {
        started(channel);
        return resolve();
      }
      reject(new Error(error.message === "Unable to exec" ? `ssh: command ${command} failed` : "EOF"));
    });
  });
}

/** A variable the server refused. */
export class SetenvError extends Error {
  constructor(
    readonly variable: string,
    reason: string,
  ) {
    super(`could not set environment variable ${quote(variable)}: ${reason}`);
  }
}

const signals: Record<string, number> = {
  ABRT: 6,
  ALRM: 14,
  FPE: 8,
  HUP: 1,
  ILL: 4,
  INT: 2,
  KILL: 9,
  PIPE: 13,
  QUIT: 3,
  SEGV: 11,
  TERM: 15,
};

/**
 * How a command ended, worded as Go's `ssh.ExitError` and `ssh.ExitMissingError`; undefined for exit status 0.
 */
export function exitFailure(
  code: number | null | undefined,
  signal: string | null | undefined,
): string | undefined {
  if (code === 0) return undefined;
  if (typeof code === "number") return `Process exited with status ${code}`;
  if (!signal) return "wait: remote command exited without exit status or exit signal";
  const name = signal.replace(/^SIG/, "");
  return `Process exited with status ${128 + (signals[name] ?? 0)} from signal ${name}`;
}
