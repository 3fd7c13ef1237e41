/** Steps of the host as they are, on Debian's own tools instead of the lab's. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { scriptText } from "../../components/host/script";
import type { StepBody } from "../../plan/step";
import { initialSetupSteps } from "../../components/hypervisor/initial-setup/steps";
import { hostSpec } from "../../config/host";
import { hypervisorSchema } from "../../config/hypervisor-schema";
import { hypervisor as hostSample } from "../config/samples";
import { noLab } from "../scripts/node";
import { onRealTools } from "./judge";
import { archive } from "./table/packages";

const steps = new Map(
  initialSetupSteps({ setup: hostSpec(hypervisorSchema.parse(hostSample())).setup, sshPort: 22 }),
);
const missing = (...programs: string[]) => {
  const absent = programs.filter((path) => !existsSync(path));
  return absent.length > 0 && `${absent.join(" and ")} is not installed on this machine`;
};

/** A shell line that runs a step's script with these settings. */
function running({ script }: Pick<StepBody, "script">, settings: unknown): string {
  const coded = (text: string) => Buffer.from(text).toString("base64");
  return `base64 -d <<<${coded(JSON.stringify(settings))} | bash -c "$(base64 -d <<<${coded(scriptText(script))})"`;
}

/** What the lines of steps did; other lines answer with their text. */
function did(lines: string[], setUp = ""): unknown[] {
  return onRealTools(setUp, lines).map(({ code, stdout, stderr }) => {
    assert.equal(code, 0, `${stdout}${stderr}`);
    return stdout.startsWith("{") ? (JSON.parse(stdout) as { did: string[] }).did : stdout;
  });
}

describe("steps on Debian's own tools", { skip: noLab }, () => {
  it("firewall: set up, once more, and taken away", { skip: missing("/usr/sbin/ufw", "/usr/bin/jq") }, () => {
    const step = steps.get("firewall") ?? assert.fail();
    const add = running(step, step.settings);
    const remove = running({ script: step.remove! }, step.settings);
    assert.deepEqual(
      did([add, add, "ufw status | head -n 1", remove, remove, "ufw show added; ufw status"]),
      [
        [
          "firewall: allow 22/tcp",
          "firewall: allow 8006/tcp",
          "firewall: allow 2049/tcp",
          "firewall: allow 111/tcp",
          "firewall: route allow in on vmbr0 out on vmbr0",
          "switched ufw on",
        ],
        [],
        "Status: active\n",
        [
          "switched ufw off",
          "firewall: removed allow 22/tcp",
          "firewall: removed allow 8006/tcp",
          "firewall: removed allow 2049/tcp",
          "firewall: removed allow 111/tcp",
          "firewall: removed route allow in on vmbr0 out on vmbr0",
        ],
        [],
        "Added user rules (see 'ufw status' for running firewall):\n(None)\nStatus: inactive\n",
      ],
    );
  });

  it(
    "packages: installed past a dead repository, which is named",
    { skip: missing("/usr/bin/dpkg-deb") },
    () => {
      const step = steps.get("packages") ?? assert.fail();
      const list = "/etc/apt/sources.list";
      const line = running(step, { packages: ["htop", "nfs-kernel-server"] });
      const gone = `{ cat /root/good /root/good; echo 'deb http://apt.gone.example/debian stable main'; } >${list}`;
      const [first, second] = onRealTools(`${archive}\n${gone}`, [line, line]);
      assert.equal(
        first?.stdout,
        '{"changed":true,"did":["installed htop nfs-kernel-server"]}\n',
        JSON.stringify(first),
      );
      assert.match(
        first?.stderr ?? "",
        /^warning: the repository http:\/\/apt\.gone\.example\/debian \(stable\) could not be read: .* 'apt\.gone\.example'; its packages stay as they are; mend it, or take it out of \/etc\/apt\/sources\.list$/m,
      );
      assert.equal(second?.stdout, '{"changed":false,"did":[]}\n');
    },
  );

  it(
    "upgrade: goes on past a repository that has no such release; not past one of Debian's",
    { skip: missing("/usr/bin/dpkg-deb") },
    () => {
      const { script } = steps.get("upgrade") ?? assert.fail();
      // Without a kernel there is no image of it to make.
      const setUp = `${archive}\nmkdir -p /var/lib/phoenix; ln -sf /bin/true /usr/local/sbin/update-initramfs`;
      const with_ = (source: string) => `{ cat /root/good; echo '${source}'; } >/etc/apt/sources.list`;
      const [first, second] = onRealTools(setUp, [
        `${with_("deb file:/srv/archive wheezy main")}; ${running({ script }, { upgrade: "one" })}`,
        `${with_("deb http://deb.debian.org/debian trixie main")}; ${running({ script }, { upgrade: "two" })}`,
      ]);
      assert.equal(first?.code, 0, first?.stderr);
      assert.match(
        first?.stdout ?? "",
        /^\{"changed":true,"did":\["upgraded the node for 'one' \(0 upgraded, /,
      );
      assert.match(
        first?.stderr ?? "",
        /^warning: the repository file:\/srv\/archive \(wheezy\) could not be read: does not have a Release file;/m,
      );
      assert.equal(second?.code, 1);
      assert.match(
        second?.stderr ?? "",
        /^phoenix: the package lists could not be refreshed: E: Failed to fetch http:\/\/deb\.debian\.org\/debian\/dists\/trixie\/InRelease .*; no package was changed; mend/m,
      );
    },
  );
});
