/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   the tables break untyped documents in every way */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, expectRow, type Json, type Row } from "./samples";

const with_ = (keys: object) => (host: Json) => Object.assign(host.vms[0] as object, keys);
const place = "host.json: vms[0]";

describe("processors, memory and tags of a machine", () => {
  const rows: Row[] = [
    [
      "all of them",
      with_({ cpu_flags: ["+aes", "-pcid"], cpulimit: 1.5, cpuunits: 50, sockets: 2, numa: true }),
    ],
    ["no balloon", with_({ balloon_mb: 0 })],
    [
      "a flag that no machine may have by itself",
      with_({ cpu_flags: ["+avx512f"] }),
      `${place}.cpu_flags[0]: is not + or - and one of aes, amd-no-ssb, amd-ssbd, hv-evmcs, hv-tlbflush, ibpb, md-clear, nested-virt, pcid, pdpe1gb, spec-ctrl, ssbd, virt-ssbd ("+avx512f") — give + or - and the name of a flag, such as +aes`,
    ],
    [
      "a flag with and without",
      with_({ cpu_flags: ["+aes", "-aes"] }),
      `${place}.cpu_flags[1]: is also the flag of cpu_flags[0] ("-aes") — name each flag once`,
    ],
    [
      "a balloon of more than its memory",
      with_({ balloon_mb: 9000, memory_mb: 4096 }),
      `${place}.balloon_mb: is more than the 4096 MB of memory that it has (9000) — give 4096 or less`,
    ],
    [
      "a tag that says whose it is",
      with_({ tags: ["phoenix-lab"] }),
      `${place}.tags[0]: is not a tag in lower case, or begins with phoenix-, which says whose a guest is ("phoenix-lab") — give a tag: lower-case letters, digits, _ + . and -, not beginning with phoenix-`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  test("are handed on as Proxmox VE has them, what is not said as nothing", () => {
    const { estate } = check(
      with_({ cpu_flags: ["+pcid", "+aes"], numa: false, balloon_mb: 1024, tags: ["web", "db", "web"] }),
    );
    const { cpuFlags, options, tags } = estate!.vms[0]!;
    assert.deepEqual(
      { cpuFlags, options, tags },
      { cpuFlags: ["+aes", "+pcid"], options: { balloon: 1024, numa: 0 }, tags: ["db", "web"] },
    );
    const plain = check().estate!.vms[0]!;
    assert.deepEqual([plain.cpuFlags, plain.options, plain.tags], [undefined, undefined, undefined]);
  });
});
