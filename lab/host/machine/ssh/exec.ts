/** Runs one command of an SSH session the way sshd does. */
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { constants } from "node:os";
import { Transform } from "node:stream";
import type { ServerChannel } from "ssh2";
import { insideRoot, rootEnvironment } from "../environment";
import type { PipeMaker } from "./pipes";

/** The connection is to break in the middle of a command: after so much output, or so long. */
export interface Breaks {
  afterBytes?: number;
  afterMs?: number;
  cut: () => void;
}

/** Streams that let through what is still to be sent, both outputs together, and then cut. */
function breaking({ afterBytes, afterMs, cut }: Breaks): () => Transform {
  if (afterMs !== undefined) setTimeout(cut, afterMs).unref();
  let left = afterBytes ?? Infinity;
  return () =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const part = chunk.subarray(0, Math.min(left, chunk.length));
        left -= part.length;
        done(null, part);
        if (left === 0) setImmediate(cut);
      },
    });
}

/**
 * Runs `bash -c COMMAND` in the host with the channel as its standard streams and reports its end.
 * When the client goes away, the process is left alone: its next write fails, as without a terminal.
 */
export async function runCommand(
  root: string,
  pipes: PipeMaker,
  channel: ServerChannel,
  command: string | undefined,
  environment: Record<string, string>,
  breaks?: Breaks,
): Promise<void> {
  const [input, output, errors] = await pipes.take();
  const shell = command === undefined ? ["/bin/bash", "-l"] : ["/bin/bash", "-c", command];
  const [program, args] = insideRoot(root, "/root", shell);
  const child = spawn(program, args, {
    env: { ...rootEnvironment(), ...environment },
    stdio: [input.theirs, output.theirs, errors.theirs],
    // A session of its own, as sshd makes: no signal of the daemon's group reaches it.
    detached: true,
  });
  for (const pipe of [input, output, errors]) closeSync(pipe.theirs);

  // The process may end without reading all of its input.
  input.ours.on("error", () => input.ours.destroy());
  channel.on("error", () => undefined);
  channel.pipe(input.ours);
  const counted = breaks && breaking(breaks);
  (counted ? output.ours.pipe(counted()) : output.ours).pipe(channel, { end: false });
  (counted ? errors.ours.pipe(counted()) : errors.ours).pipe(channel.stderr, { end: false });

  channel.on("close", () => {
    for (const pipe of [input, output, errors]) pipe.ours.destroy();
  });
  const drained = [output.ours, errors.ours].map(
    (stream) => new Promise((resolve) => stream.on("close", resolve)),
  );
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on("exit", (code, signal) => resolve([code, signal]));
    child.on("error", () => resolve([255, null]));
  });
  void Promise.all([ended, ...drained]).then(([[code, signal]]) => {
    input.ours.destroy();
    if (signal !== null) channel.exit(signal.replace(/^SIG/, ""), false, "");
    else channel.exit(code ?? 255);
    channel.end();
  });
  channel.on("signal", (name: string) => {
    // Sent to the whole group, as sshd does.
    const number = constants.signals[`SIG${name}` as NodeJS.Signals];
    if (child.pid !== undefined && number !== undefined) {
      try {
        process.kill(-child.pid, number);
      } catch {
        // Already gone.
      }
    }
  });
}
