import { closeSync, fchmodSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { stateFolder } from "../paths";

/** `2026-01-31 13:05:00`, this machine's time as the original had it. */
function timeStamp(): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${day} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}

/** The original's folder; another one by PHOENIX_LOGS; the project's own where that may not be written. */
function openLog(): { file: string; descriptor: number } {
  const name = `orchestrator_${timeStamp().slice(0, 10).replaceAll("-", "")}.log`;
  const own = join(stateFolder, "logs");
  for (const folder of [process.env.PHOENIX_LOGS || "/var/log/phoenix_hypervisor", own]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, name);
      const descriptor = openSync(file, "a", 0o600);
      fchmodSync(descriptor, 0o600);
      return { file, descriptor };
    } catch (error) {
      if (folder === own) throw error;
    }
  }
  throw new Error("unreachable");
}

/** The log of a day: a line for each line that is shown, each with its time. */
export class OrchestratorLog {
  readonly file: string;
  private readonly descriptor: number;
  private rest = "";

  constructor() {
    ({ file: this.file, descriptor: this.descriptor } = openLog());
  }

  line(text: string): void {
    writeSync(this.descriptor, `[${timeStamp()}] ${text}\n`);
  }

  /** From here on the log has all that this process writes to a terminal. */
  keep(stream: NodeJS.WriteStream): void {
    const write = stream.write.bind(stream);
    stream.write = (data: string | Uint8Array, ...more: unknown[]) => {
      this.add(typeof data === "string" ? data : Buffer.from(data).toString());
      return write(data, ...(more as []));
    };
  }

  private add(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.line(line);
  }

  end(code: number): void {
    if (this.rest) this.line(this.rest);
    this.line(`exit code ${code}`);
    closeSync(this.descriptor);
  }
}
