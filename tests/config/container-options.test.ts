/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   the tables break untyped documents in every way */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, expectRow, type Row } from "./samples";

const container = "lxc.json: lxc_configs.901";

describe("options of a container", () => {
  const rows: Row[] = [
    [
      "a tag in capitals",
      (_, { lxc_configs: c }) => (c["901"].tags = ["Web"]),
      `${container}.tags[0]: is not a tag in lower case, or begins with phoenix-, which says whose a guest is ("Web") — give a tag: lower-case letters, digits, _ + . and -, not beginning with phoenix-`,
    ],
    [
      "the tag of a stack",
      (_, { lxc_configs: c }) => (c["901"].tags = ["phoenix-dev"]),
      `${container}.tags[0]: is not a tag in lower case, or begins with phoenix-, which says whose a guest is ("phoenix-dev") — give a tag: lower-case letters, digits, _ + . and -, not beginning with phoenix-`,
    ],
    [
      "a limit below nothing",
      (_, { lxc_configs: c }) => (c["901"].cpulimit = -1),
      `${container}.cpulimit: must be 0 or more (-1) — give most CPU time in CPUs, such as 1.5; 0, the default, for no limit. Changes while it runs`,
    ],
    [
      "no weight",
      (_, { lxc_configs: c }) => (c["901"].cpuunits = 0),
      `${container}.cpuunits: must be 1 or more (0) — give weight of its CPU time against other guests', 1 to 10000 in effect; 100 by default. Changes while it runs`,
    ],
    [
      "a name server by its name",
      (_, { lxc_configs: c }) => (c["901"].nameserver = ["dns.example"]),
      `${container}.nameserver[0]: is not an IP address ("dns.example") — give an IPv4 or IPv6 address`,
    ],
    [
      "half an IPv6 address",
      (_, { lxc_configs: c }) => (c["901"].nameserver = ["2620:fe"]),
      `${container}.nameserver[0]: is not an IP address ("2620:fe") — give an IPv4 or IPv6 address`,
    ],
    [
      "no name server at all",
      (_, { lxc_configs: c }) => (c["901"].nameserver = []),
      `${container}.nameserver: must not be empty — give addresses of DNS servers, in this order; the node's without it. A change restarts it`,
    ],
    [
      "a domain with a space",
      (_, { lxc_configs: c }) => (c["901"].searchdomain = "a b"),
      `${container}.searchdomain: is not a domain ("a b") — give domain that short names are looked up in; the node's without it. A change restarts it`,
    ],
    [
      "a time zone that only the host's file takes",
      (_, { lxc_configs: c }) => (c["901"].timezone = "Etc/UTC"),
      `${container}.timezone: is not a time zone that Proxmox takes ("Etc/UTC") — give time zone inside: host for the node's, UTC, or one of zone.tab such as Europe/Berlin; the template's without it. A change restarts it`,
    ],
    [
      "seven terminals",
      (_, { lxc_configs: c }) => (c["901"].tty = 7),
      `${container}.tty: must be 6 or less (7) — give number of its terminals for consoles, 0 to 6; 2 by default. A change restarts it`,
    ],
    [
      "an unknown mode of the console",
      (_, { lxc_configs: c }) => (c["901"].cmode = "login"),
      `${container}.cmode: must be one of tty, console, shell ("login") — give what a console connects to: tty, the default, console or shell, which asks no login. A change restarts it`,
    ],
    [
      "quotas of an unprivileged container's root disk",
      (_, { lxc_configs: c }) => (c["901"].rootfs = { quota: true }),
      `${container}.rootfs.quota: is for privileged containers alone, and Proxmox VE does not start this one with it (true) — set it to false, or remove it`,
    ],
    [
      "quotas of an unprivileged container's volume",
      (_, { lxc_configs: c }) =>
        (c["901"].volumes = [
          { name: "data", pool: "tank-guests", size_gb: 1, mount_point: "/srv/data", quota: true },
        ]),
      `${container}.volumes[0].quota: is for privileged containers alone, and Proxmox VE does not start this one with it (true) — set it to false, or remove it`,
    ],
    [
      "quotas of privileged ones",
      (_, { lxc_configs: c }) => {
        for (const id of ["900", "901"]) c[id].unprivileged = false;
        c["901"].rootfs = { quota: true };
      },
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  test("are handed on as Proxmox VE has them; tags without repetition, sorted", () => {
    const { estate } = check((_, { lxc_configs: c }) => {
      Object.assign(c["901"], {
        ...{ tags: ["web", "a", "web"], cpulimit: 2, nameserver: ["9.9.9.9", "::1"], console: false, tty: 0 },
      });
    });
    const spec = estate!.containers.find(({ ctid }) => ctid === 901)!;
    assert.deepEqual(spec.tags, ["a", "web"]);
    assert.deepEqual(spec.options, { cpulimit: 2, nameserver: "9.9.9.9 ::1", console: 0, tty: 0 });
    assert.ok(estate!.containers.every(({ ctid, options }) => ctid === 901 || options === undefined));
  });
});
