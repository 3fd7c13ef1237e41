import assert from "node:assert/strict";
import { scriptText, settingsText } from "../../components/host/script";
import type { OnHost } from "../../lab/tests/machine/onHost";
import { stepFile } from "./container-node";

/** One cause for which a step's script ends with an error. */
export interface Failure {
  /** Its script in components/container. */
  step: string;
  settings: object;
  /** What somebody or something did to the node before, as a shell command, and what puts it right afterwards. */
  broken?: string;
  mended?: string;
  /** The script's last word; without the place of the log, which only stands there when the log says more. */
  says: string | RegExp;
  /** Its exit code, 1 without. */
  code?: number;
  /** What changes although the step fails: lines of {@link state}, as `diff` marks them. */
  changes?: string[];
}

/** Everything that a step could touch, a line each. */
const state =
  "state() { { cd /etc/pve && grep -r . lxc/ qemu-server/ firewall/ storage.cfg; grep -r . /var/lib/phoenix/guests; pct list; " +
  "zfs list -H -t all -o name,refquota; cat /etc/subuid /etc/subgid; find /srv /tank/data -ls | awk '{ print $3, $5, $6, $NF }'; " +
  "ls /dev /usr/local/sbin; } 2>/dev/null | sort; cd /; }";

/** Breaks, runs, mends, and shows what is different on the node in between, in one call. */
const driver = `${state}
eval "$1" >/tmp/broken 2>&1 || { cat /tmp/broken; exit 90; }
state >/tmp/before
{ bash -c "$2" 2>&1 1>&3 3>&- | cat >/tmp/said; code=\${PIPESTATUS[0]}; } 3>&1
state >/tmp/after
eval "$3" >/tmp/mended 2>&1 || { cat /tmp/mended; exit 91; }
printf '\\0'; cat /tmp/said; printf '\\0'; diff /tmp/before /tmp/after | grep '^[<>]'; printf '\\0%s' "$code"`;

interface Machine {
  exec(argv: string[], input?: string): Promise<OnHost>;
}

/** That the step fails with exactly this message, without a result, and leaves the node as it was. */
export async function assertFails(node: Machine, failure: Failure): Promise<void> {
  const { broken = "", mended = "", settings, says, changes = [], code: wanted = 1 } = failure;
  const argv = ["bash", "-c", driver, "driver", broken, scriptText(stepFile(failure.step)), mended];
  const { stdout, stderr } = await node.exec(argv, settingsText(settings));
  const [result = "", said = "", changed = "", code = ""] = stdout.split("\0");
  assert.equal(stderr, "");
  const last = said.trimEnd().split("\n").at(-1) ?? "";
  const log = / \(all of its output: \/var\/log\/phoenix_hypervisor\/[a-z0-9_-]+\.log on phoenix\)$/;
  if (typeof says === "string") assert.equal(last.replace(log, ""), `phoenix: ${says}`, said);
  else assert.match(last.replace(log, "").replace(/^phoenix: /, ""), says);
  assert.equal(result, "", "a failed step has no result");
  assert.equal(code, String(wanted));
  assert.deepEqual(changed.split("\n").filter(Boolean), changes, "the node is as it was");
}
