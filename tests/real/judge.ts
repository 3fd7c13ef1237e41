/** Runs the same command lines with a real tool of Debian's and with the lab's imitation of it. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Node } from "../scripts/node";

/** What a line answered. */
export interface Outcome {
  line: string;
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * This machine's own programs, in a root folder of their own above the machine's, whose changes are gone afterwards:
 * with a network, a host name and process numbers of their own, and without systemd.
 */
const ownRoot = `set -e
place=$(mktemp -d)
trap 'rmdir "$place"' EXIT
mount -t tmpfs tmpfs "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" "$place/root"
mount --rbind /dev "$place/root/dev"
mount -t sysfs sysfs "$place/root/sys"
mount -t proc proc "$place/root/proc"
mount -t tmpfs tmpfs "$place/root/run"
mkdir "$place/root/run/lock"
mount -t tmpfs tmpfs "$place/root/tmp"
ip link set lo up
hostname phoenix
chroot "$place/root" /bin/bash -s || code=$?
umount -l "$place"
exit "\${code:-0}"`;

/** One line each: exit code, and both streams in base64. */
function recorder(setUp: string, lines: string[]): string {
  const quoted = lines.map((line) => `judge ${Buffer.from(line).toString("base64")}`);
  return [
    "export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root",
    "cd /; out=$(mktemp); err=$(mktemp)",
    `( ${setUp === "" ? ":" : setUp}\n) >&2 </dev/null || { echo "the set-up failed" >&2; exit 99; }`,
    "judge() {",
    '  local code=0; bash -c "$(base64 -d <<<"$1")" >"$out" 2>"$err" </dev/null || code=$?',
    '  printf "%s %s %s\\n" "$code" "$(base64 -w0 "$out")" "$(base64 -w0 "$err")"',
    "}",
    ...quoted,
    "",
  ].join("\n");
}

function outcomes(lines: string[], ran: { code: number; stdout: string; stderr: string }): Outcome[] {
  const answers = ran.stdout.split("\n").filter((one) => one !== "");
  if (ran.code !== 0 || answers.length !== lines.length)
    throw new Error(`the judge's script ended with ${ran.code}: ${ran.stderr}`);
  return lines.map((line, index) => {
    const [code, out = "", err = ""] = (answers[index] ?? "").split(" ");
    const text = (base64: string) => Buffer.from(base64, "base64").toString();
    return { line, code: Number(code), stdout: text(out), stderr: text(err) };
  });
}

export function onRealTools(setUp: string, lines: string[]): Outcome[] {
  const namespaces = ["--mount", "--net", "--uts", "--ipc", "--pid", "--fork"];
  // On standard input: one argument may not be longer than 128 KiB. From a file: where a set-up ends before it has read a
  // pipe, Node.js tells nothing of what it said.
  const file = join(mkdtempSync(join(tmpdir(), "phoenix-judge-")), "lines.sh");
  writeFileSync(file, recorder(setUp, lines));
  const input = openSync(file, "r");
  try {
    const { error, status, stdout, stderr } = spawnSync("unshare", [...namespaces, "bash", "-c", ownRoot], {
      stdio: [input, "pipe", "pipe"],
      encoding: "utf8",
      timeout: 120_000,
    });
    if (error) throw error;
    return outcomes(lines, { code: status ?? 255, stdout, stderr });
  } finally {
    closeSync(input);
    rmSync(dirname(file), { recursive: true });
  }
}

export async function onLab(node: Node, setUp: string, lines: string[]): Promise<Outcome[]> {
  return outcomes(lines, await node.exec(["bash", "-c", recorder(setUp, lines)]));
}
