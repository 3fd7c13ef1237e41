import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isEnabled } from "../../host/pve/firewall/daemon";
import { parse } from "../../host/pve/firewall/parse";

const file = "/etc/pve/firewall/cluster.fw";
const read = (text: string) => parse(text, "cluster", file, new Map([["ssh", 22]]));
const rule = (line: string) =>
  read(`[RULES]\n${line}\n`).warnings.map((text) => text.replace(file, "cluster.fw"));

// Texts of pve-firewall 6.0.4 (src/PVE/Firewall.pm); those behind "invalid IP address" are Net::IP's.
describe("cluster.fw", () => {
  const rules: [line: string, ...warnings: string[]][] = [
    ["IN ACCEPT -source 10.0.0.0/24,10.1.0.1 -p tcp -dport 22,8000:8010,ssh -log nolog # why"],
    ["in SSH(ACCEPT) -i vmbr0"],
    ["|IN DROP"],
    ["IN", "cluster.fw (line 2): unable to parse rule: IN"],
    ["IN ACCEPT -dport 80 --bogus 1", "cluster.fw (line 2): unable to parse rule parameters: --bogus 1"],
    [
      "IN ACCEPT -dport 80",
      "cluster.fw (line 2) - errors in rule parameters: IN ACCEPT -dport 80",
      "  proto: missing property - 'dport' requires this property",
    ],
    [
      "IN ALLOW -p tcp -dport 70000",
      "cluster.fw (line 2) - errors in rule parameters: IN ALLOW -p tcp -dport 70000",
      "  action: unknown action 'ALLOW'",
      "  dport: invalid port '70000'",
    ],
    [
      "IN ACCEPT -source 10.0.0.1/24",
      "cluster.fw (line 2) - errors in rule parameters: IN ACCEPT -source 10.0.0.1/24",
      "  source: invalid IP address: Invalid prefix 00001010000000000000000000000001/24",
    ],
    [
      "IN ACCEPT -source +nobody",
      "cluster.fw (line 2) - errors in rule parameters: IN ACCEPT -source +nobody",
      "  source: no such ipset 'nobody'",
    ],
    [
      "IN ACCEPT -source nobody",
      "cluster.fw (line 2) - errors in rule parameters: IN ACCEPT -source nobody",
      "  source: no such alias 'nobody'",
    ],
  ];
  for (const [line, ...warnings] of rules) test(line, () => assert.deepEqual(rule(line), warnings));

  test("lines without a section, and options that are none", () => {
    assert.deepEqual(read("x\n[OPTIONS]\nenable: yes\n").warnings, [
      `${file} (line 1): skip line - no section`,
      `${file} (line 3): can't parse option 'enable: yes'`,
    ]);
  });

  test("a time in the place of enable counts for a minute", () => {
    const now = Math.floor(Date.now() / 1000);
    const enabled = (value: number) => isEnabled(read(`[OPTIONS]\nenable: ${value}\n`));
    assert.deepEqual([0, 1, now - 50, now + 30, now - 70].map(enabled), [false, true, true, true, false]);
  });
});
