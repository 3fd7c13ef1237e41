/** Repositories of somebody else's that no longer answer, or that are there twice: they stop nobody. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { nodeSource } from "../../components/hypervisor/initial-setup/repositories/step";
import { initialSetupSteps } from "../../components/hypervisor/initial-setup/steps";
import { hostSpec } from "../../config/host";
import { hypervisorSchema } from "../../config/hypervisor-schema";
import { hypervisor as hostSample } from "../config/samples";
import { Node, noLab } from "./node";
import { lookAt, runStep } from "./stand-ins";

const { setup } = hostSpec(hypervisorSchema.parse(hostSample()));
const steps = new Map(initialSetupSteps({ setup, sshPort: 22 }));
const folder = "/etc/apt/sources.list.d";
const unresolved = (host: string) => `Could not resolve '${host}'`;
const warning = (repository: string, reason: string, path: string) =>
  `warning: the repository ${repository} could not be read: ${reason}; its packages stay as they are; mend it, or take it out of ${path}`;

/** What, the file that somebody has put there, its text, and how the warning names it. */
const dead: [what: string, path: string, text: string, said: string][] = [
  [
    "a server that is gone",
    `${folder}/gone.list`,
    "deb http://apt.gone.example/debian stable main",
    warning("http://apt.gone.example/debian (stable)", unresolved("apt.gone.example"), `${folder}/gone.list`),
  ],
  [
    "a server that is gone, below another path",
    "/etc/apt/sources.list",
    "deb https://packages.gone.example/x86_64/ ./",
    warning(
      "https://packages.gone.example/x86_64 (/)",
      unresolved("packages.gone.example"),
      "/etc/apt/sources.list",
    ),
  ],
  [
    "a release that its server no longer has",
    `${folder}/docker.sources`,
    "Types: deb\\nURIs: https://download.docker.com/linux/debian\\nSuites: wheezy\\nComponents: stable",
    warning(
      "https://download.docker.com/linux/debian (wheezy)",
      "does not have a Release file",
      `${folder}/docker.sources`,
    ),
  ],
  [
    "a repository whose key is not there",
    `${folder}/docker.list`,
    "deb [signed-by=/etc/apt/keyrings/nosuch.gpg] https://download.docker.com/linux/debian trixie stable",
    warning(
      "https://download.docker.com/linux/debian (trixie)",
      'Sub-process /usr/bin/sqv returned an error code (1), error message is: Error: Failed to parse keyring "/etc/apt/keyrings/nosuch.gpg"  Caused by:     0: Reading "/etc/apt/keyrings/nosuch.gpg": No such file or directory (os error 2)     1: No such file or directory (os error 2)',
      `${folder}/docker.list`,
    ),
  ],
];

describe("repositories of somebody else's", { skip: noLab }, () => {
  let node!: Node;
  let round = 0;
  const step = (concern: string) => steps.get(concern) ?? assert.fail(concern);
  const run = (concern: string, settings: unknown = step(concern).settings) =>
    runStep(node, step(concern), settings);
  const upgrade = () => run("upgrade", { upgrade: `round-${++round}` });
  const warnings = (stderr: string) => stderr.split("\n").filter((line) => line.includes("warning: "));

  before(async () => {
    node = await Node.prepared();
    assert.equal((await run("repositories")).code, 0);
  });
  after(() => node.stop());

  for (const [what, path, text, said] of dead) {
    it(`${what}: a warning with its name, and every step that uses apt goes on`, async () => {
      await node.sh(
        `rm -f /var/lib/phoenix/lists-read; apt-get -y purge s-tui >/dev/null; printf '${text}\\n' >${path}`,
      );
      try {
        const first = await run("repositories");
        assert.deepEqual([first.code, warnings(first.stderr)], [0, [said]], first.stderr);
        const second = await upgrade();
        assert.deepEqual([second.code, warnings(second.stderr)], [0, [said]], second.stderr);
        assert.match(second.result?.did[0] ?? "", /^upgraded the node for 'round-\d+'/);
        const third = await run("packages", { packages: ["s-tui"] });
        assert.deepEqual(third.result, { changed: true, did: ["installed s-tui"] }, third.stderr);
      } finally {
        await node.sh(`rm ${path}`);
      }
    });
  }

  it("one that is there twice: not a word", async () => {
    const path = "/etc/apt/sources.list";
    await node.sh(
      `rm -f /var/lib/phoenix/lists-read; echo 'deb http://deb.debian.org/debian/ trixie main contrib' >${path}`,
    );
    try {
      for (const { code, stderr } of [await run("repositories"), await upgrade()]) {
        assert.equal(code, 0, stderr);
        assert.doesNotMatch(stderr, /warning|multiple/);
      }
    } finally {
      await node.sh(`rm ${path}`);
    }
  });

  it("Debian's own, also on another server: no upgrade is called done without it", async () => {
    const own = (uri: string, suite: string) =>
      `Types: deb\\nURIs: ${uri}\\nSuites: ${suite}\\nComponents: main\\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\\n`;
    for (const [uri, suite, reason] of [
      [
        "http://deb.debian.org/debian",
        "wheezy",
        "E: The repository 'http://deb.debian.org/debian wheezy Release' does not have a Release file.",
      ],
      [
        "http://mirror.gone.example/debian",
        "trixie",
        "E: Failed to fetch http://mirror.gone.example/debian/dists/trixie/InRelease  Could not resolve 'mirror.gone.example'",
      ],
    ] as const) {
      await node.sh(
        `printf '${own(uri, suite)}' >${folder}/own.sources; mkdir -p /var/lib/apt/lists; printf 'Origin: Debian\\n' >/var/lib/apt/lists/mirror.gone.example_debian_dists_trixie_InRelease`,
      );
      const { code, stderr } = await upgrade();
      await node.sh(`rm ${folder}/own.sources /var/lib/apt/lists/mirror*`);
      assert.equal(code, 1);
      assert.equal(
        stderr.trimEnd().split("\n").at(-1),
        `phoenix: the package lists could not be refreshed: ${reason}; no package was changed; mend that repository or the node's network and name server ('apt-get update' shows it), then run again`,
      );
    }
  });

  it("a repository of ours that somebody has already, with a key of his own: it is his, and apt still works", async () => {
    const his = `${folder}/nodesource.list`;
    await node.sh(
      `mkdir -p /etc/apt/keyrings; curl -fsSL ${nodeSource.keyUrl} -o /etc/apt/keyrings/nodesource.asc; echo 'deb [signed-by=/etc/apt/keyrings/nodesource.asc] ${nodeSource.uri} ${nodeSource.suite} ${nodeSource.component}' >${his}`,
    );
    const { code, stderr, result } = await run("repositories", { nodeSource });
    assert.deepEqual({ code, result }, { code: 0, result: { changed: false, did: [] } }, stderr);
    assert.equal(await node.sh(`ls ${folder} | grep phoenix-node || echo none`), "none\n");
    await node.sh("apt-get update --error-on=any");
    await node.sh(`rm ${his}`);
    const again = await run("repositories", { nodeSource });
    assert.deepEqual(
      again.result?.did,
      [`wrote /usr/share/keyrings/phoenix-nodesource.asc`, `wrote ${folder}/phoenix-nodesource.sources`],
      again.stderr,
    );
    const look = () => lookAt(node, step("repositories").look!, { nodeSource });
    const broken: [command: string, deviation: string][] = [
      [
        `rm ${folder}/phoenix-nodesource.sources`,
        `${folder}/phoenix-nodesource.sources: is missing, wanted as Phoenix wrote it`,
      ],
      [
        "rm /usr/share/keyrings/phoenix-nodesource.asc",
        "/usr/share/keyrings/phoenix-nodesource.asc: is missing, wanted there",
      ],
      [
        `echo 'Enabled: no' >>${folder}/phoenix-proxmox.sources`,
        `${folder}/phoenix-proxmox.sources: is edited by hand, wanted as Phoenix wrote it`,
      ],
    ];
    assert.deepEqual(await look(), []);
    // What somebody adds is his own.
    await node.sh(`echo '# mine' >${folder}/own.list`);
    for (const [command, deviation] of broken) {
      await node.sh(command);
      assert.deepEqual(await look(), [deviation]);
      assert.equal((await run("repositories", { nodeSource })).code, 0);
      assert.deepEqual(await look(), []);
    }
    await node.sh(`rm ${folder}/own.list`);
  });

  it("another component of Proxmox's, signed by another file: ours takes the same", async () => {
    const key = "/etc/apt/trusted.gpg.d/proxmox-own.gpg";
    await node.sh(
      `cp /usr/share/keyrings/proxmox-archive-keyring.gpg ${key}; printf 'Types: deb\\nURIs: http://download.proxmox.com/debian/pve\\nSuites: trixie\\nComponents: pve-test\\nSigned-By: ${key}\\n' >${folder}/test.sources`,
    );
    const { code, stderr } = await run("repositories");
    assert.equal(code, 0, stderr);
    await node.sh("apt-get update --error-on=any");
    assert.equal(
      await node.sh(`grep -h Signed-By ${folder}/phoenix-proxmox.sources | sort`),
      `Signed-By: ${key}\nSigned-By: /usr/share/keyrings/proxmox-archive-keyring.gpg\n`,
    );
  });
});
