import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { initialSetupSteps } from "../../components/hypervisor/initial-setup/steps";
import { hostSpec } from "../../config/host";
import { hypervisorSchema } from "../../config/hypervisor-schema";
import { hypervisor as hostSample } from "../config/samples";
import { Node, noLab } from "./node";
import { bringTools, converges, lookAt, refuses, runStep, snapshot } from "./stand-ins";

const steps = new Map(
  initialSetupSteps({ setup: hostSpec(hypervisorSchema.parse(hostSample())).setup, sshPort: 22 }),
);
const [bridge, confirm] = [steps.get("bridge"), steps.get("bridge-confirm")];
assert.ok(bridge && confirm);
const remove = { script: bridge.remove! };
const now = { bridge: "vmbr0", address: "10.0.0.13/24", gateway: "10.0.0.1" };
const other = { ...now, gateway: "10.0.0.2" };
const own = "/etc/network/interfaces.d/50-vmbr0.cfg";
const quick = { environment: { PHOENIX_GUARD_SECONDS: "2" } };
const applied = (gateway: string, seconds = 60) => [
  `wrote ${own}`,
  `vmbr0 is 10.0.0.13/24 by way of ${gateway}, until it is confirmed for at most ${seconds} s`,
];

describe("the bridge's address", { skip: noLab }, () => {
  let node!: Node;
  let untouched = "";
  const live = async () =>
    (await node.sh("ip -4 -o address show dev vmbr0 scope global; ip -4 route show default dev vmbr0"))
      .split("\n")
      .map((line) => /inet (\S+)|via (\S+)/.exec(line)?.slice(1).join(""))
      .filter(Boolean);
  const network = async () =>
    (await snapshot(node))
      .split("\n")
      .filter((line) => /(^|\s)\/etc\/network\//.test(line))
      .join("\n");
  const until = async (command: string) =>
    node.sh(`for i in $(seq 100); do ${command} && exit 0; sleep 0.1; done; exit 1`);

  before(async () => {
    node = await Node.prepared();
    await bringTools(node, ["ip", "ifreload"]);
    untouched = await network();
  });
  after(() => node.stop());

  it("stays as it is when it is live and in the files already: no second definition", async () => {
    await converges(node, bridge, now, []);
    await converges(node, confirm, now, []);
    assert.equal(await network(), untouched);
  });

  it("a change is live at once, is confirmed over the next connection, and then stays", async () => {
    const first = await runStep(node, bridge, other);
    assert.deepEqual(first.result?.did, applied("10.0.0.2"), first.stderr);
    assert.deepEqual(await live(), ["10.0.0.13/24", "10.0.0.2"]);
    await converges(node, confirm, other, ["the address 10.0.0.13/24 of vmbr0 is confirmed"]);
    await converges(node, bridge, other, []);
    assert.equal(
      await node.sh(`cat ${own}`),
      "# Written by Phoenix from network.interfaces; ports and options of the bridge are in /etc/network/interfaces.\niface vmbr0 inet static\n\taddress 10.0.0.13/24\n\tgateway 10.0.0.2\n",
    );
    assert.equal(
      await node.sh("cat /etc/network/interfaces"),
      "auto lo\niface lo inet loopback\n\niface nic0 inet manual\n\nauto vmbr0\niface vmbr0 inet manual\n\tbridge-ports nic0\n\tbridge-stp off\n\tbridge-fd 0\n\n\nsource /etc/network/interfaces.d/*\n",
    );
  });

  it("what somebody changed is seen by both steps, and only that is put right", async () => {
    const wanted = "wanted 10.0.0.2";
    const broken: [what: string, command: string, found: string[]][] = [
      [
        "the live gateway",
        `sed -i s/10.0.0.2$/10.0.0.7/ ${own}; ifreload -a`,
        [`vmbr0 gateway: is 10.0.0.7, ${wanted}`, `vmbr0 gateway in /etc/network: is 10.0.0.7, ${wanted}`],
      ],
      [
        "our file alone",
        `rm ${own}`,
        [
          "vmbr0 address in /etc/network: is none, wanted 10.0.0.13/24",
          `vmbr0 gateway in /etc/network: is none, ${wanted}`,
        ],
      ],
    ];
    const found = () => Promise.all([bridge, confirm].map(({ look }) => lookAt(node, look!, other)));
    assert.deepEqual(await found(), [[], []]);
    for (const [what, command, texts] of broken) {
      await node.sh(command);
      const before = await network();
      assert.deepEqual(await found(), [texts, texts], what);
      assert.equal(await network(), before, "the look changed something");
      for (const step of [bridge, confirm]) {
        const { code, stderr } = await runStep(node, step, other);
        assert.equal(code, 0, stderr);
      }
      assert.deepEqual(await found(), [[], []], what);
    }
  });

  it("without a confirmation the node takes it back by itself, and the next step says so", async () => {
    const before = await network();
    const first = await runStep(node, bridge, { ...now, gateway: "10.0.0.3" }, quick);
    assert.deepEqual(first.result?.did, applied("10.0.0.3", 2), first.stderr);
    await until("[ ! -e /var/lib/phoenix/network/open ]");
    assert.deepEqual(await live(), ["10.0.0.13/24", "10.0.0.2"]);
    assert.equal(await network(), before);
    await refuses(
      node,
      confirm,
      { ...now, gateway: "10.0.0.3" },
      "vmbr0 is not 10.0.0.13/24 by way of 10.0.0.3 (taken back: no new connection reached the node within 2 s); correct network.interfaces, or when it is right, run again and replace the step that sets it: up --replace '**bridge'",
    );
  });

  it("a run that was killed is taken back by the next one, at whatever moment", async () => {
    const before = await network();
    for (const killAfter of [0.1, 0.3, 0.6]) {
      await runStep(node, bridge, { ...now, gateway: "10.0.0.4" }, { ...quick, killAfter });
      const again = await runStep(node, bridge, other, quick);
      assert.equal(again.code, 0, again.stderr);
      await runStep(node, confirm, other);
      assert.deepEqual(await live(), ["10.0.0.13/24", "10.0.0.2"], String(killAfter));
      assert.equal(await network(), before, String(killAfter));
    }
  });

  it("destroy brings the files back byte for byte and leaves the live address alone", async () => {
    await converges(node, remove, other, ["brought /etc/network/interfaces back", `brought ${own} back`]);
    assert.equal(await network(), untouched);
    assert.deepEqual(await live(), ["10.0.0.13/24", "10.0.0.2"]);
    await node.sh("ifreload -a");
    assert.deepEqual(await live(), ["10.0.0.13/24", "10.0.0.1"]);
  });

  it("what somebody has changed since is not lost by destroy", async () => {
    await runStep(node, bridge, other);
    await runStep(node, confirm, other);
    await node.sh(
      "printf '\\nauto vmbr9\\niface vmbr9 inet manual\\n\\tbridge-ports none\\n' >>/etc/network/interfaces",
    );
    const answer = await runStep(node, remove, other);
    assert.deepEqual(answer.result, { changed: false, did: [] }, answer.stderr);
    assert.match(
      answer.stderr,
      /\/etc\/network\/interfaces was changed by somebody else since: it stays; what it was before is in /,
    );
    assert.match(answer.stderr, /50-vmbr0\.cfg stays: nothing else gives vmbr0 an address/);
    assert.match(await node.sh("cat /etc/network/interfaces"), /vmbr9/);
    await node.sh(
      `rm ${own}; cp -a /var/lib/phoenix/originals/etc/network/interfaces /etc/network/interfaces; rm -r /var/lib/phoenix/originals /var/lib/phoenix/written; ifreload -a`,
    );
    assert.equal(await network(), untouched);
  });

  /** What is dangerous, in settings, environment or host; how the host gets there and back; what is said. */
  const table: {
    what: string;
    settings?: object;
    arrived?: string;
    bad?: string;
    good?: string;
    message: string;
  }[] = [
    {
      what: "a bridge that is not there",
      settings: { bridge: "vmbr7" },
      message:
        "there is no bridge vmbr7 on this node; network.interfaces.name names one that 'ip -br link show type bridge' lists; nothing was changed",
    },
    {
      what: "an address that would cut this connection",
      settings: { address: "10.0.0.50/24" },
      arrived: "10.0.0.13",
      message:
        "this connection comes in on 10.0.0.13, which vmbr0 would lose for 10.0.0.50/24; correct network.interfaces.address, or give the node the new address by hand ('ip address add 10.0.0.50/24 dev vmbr0') and set the stack's address to it first; nothing was changed",
    },
    {
      what: "a file that does not read ours",
      settings: { gateway: "10.0.0.2" },
      bad: "cp -a /etc/network/interfaces /run/i; sed -i /^source/d /etc/network/interfaces",
      good: "cp -a /run/i /etc/network/interfaces",
      message:
        "/etc/network/interfaces does not read /etc/network/interfaces.d; add the line 'source /etc/network/interfaces.d/*'; nothing was changed",
    },
    {
      what: "a bridge that another program defines",
      settings: { gateway: "10.0.0.2" },
      bad: "cp -a /etc/network/interfaces /run/i; sed -i 's/vmbr0/vmbr5/' /etc/network/interfaces",
      good: "cp -a /run/i /etc/network/interfaces",
      message:
        "/etc/network/interfaces does not define vmbr0; another file or program does: give it the address 10.0.0.13/24 there; nothing was changed",
    },
  ];
  for (const { what, settings, arrived, bad, good, message } of table) {
    it(`${what} is refused and nothing changes`, async () => {
      if (bad !== undefined) await node.sh(bad);
      const environment: Record<string, string> =
        arrived === undefined ? {} : { SSH_CONNECTION: `10.0.0.253 50000 ${arrived} 22` };
      await refuses(node, bridge, { ...now, ...settings }, message, { environment });
      if (good !== undefined) await node.sh(good);
    });
  }

  it("files that ifreload refuses are put back", async () => {
    const before = await network();
    const answer = await runStep(node, bridge, { ...now, gateway: "nowhere" });
    assert.equal(answer.code, 1);
    assert.match(
      answer.stderr,
      /\nphoenix: ifreload refuses the network's files: .*; nothing was changed\n$|^phoenix: ifreload refuses/,
    );
    assert.equal(await network(), before);
    assert.deepEqual(await live(), ["10.0.0.13/24", "10.0.0.1"]);
    assert.equal((await node.exec(["test", "-e", "/var/lib/phoenix/network/open"])).code, 1);
  });
});
