/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return --
   the tables break untyped documents in every way */
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { check, container, expectRow, type Row } from "./samples";

const uuid = "GPU-3f2c5d1e-0000-1111-2222-333344445555";

/** Gives the container 901 these GPUs, and a virtual machine this device. */
const both =
  (assignment: string, device: object): Row[1] =>
  (host, { lxc_configs: c }) => {
    c["901"].gpu_assignment = assignment;
    host.vms[0].passthrough = [{ mapping: "gpu", ...device }];
  };

const clone = (ctid: number, more: object) =>
  container(
    { name: `ct${ctid}`, ip: `10.0.0.${ctid - 800}/24`, mac: `52:54:00:00:00:${ctid - 890}` },
    { clone_from_ctid: "900", ...more },
  );

describe("GPUs of several containers", () => {
  const rows: Row[] = [
    [
      "are told once, by GPU, in order",
      (_, { lxc_configs: c }) => {
        c["901"].gpu_assignment = "1,0";
        c["902"] = clone(902, { gpu_assignment: "0,10" });
        c["903"] = clone(903, { gpu_assignment: "10,1" });
      },
      "lxc.json: lxc_configs.901.gpu_assignment: containers share GPUs: GPU 0 by 901, 902; 1 by 901, 903; 10 by 902, 903" +
        " — that works, and they share its memory; give each its own where that is too little",
    ],
    [
      "by other letters of a UUID",
      (_, { lxc_configs: c }) => {
        c["901"].gpu_assignment = uuid;
        c["902"] = clone(902, { gpu_assignment: uuid.toLowerCase().replace("gpu", "GPU") });
      },
      `lxc.json: lxc_configs.901.gpu_assignment: containers share GPUs: GPU ${uuid.toLowerCase()} by 901, 902` +
        " — that works, and they share its memory; give each its own where that is too little",
    ],
    [
      "are not told of templates",
      (_, { lxc_configs: c }) => {
        c["900"].gpu_assignment = "0";
        c["901"].gpu_assignment = "0";
      },
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("warnings", row));
});

describe("a GPU of a virtual machine and a container", () => {
  const remedy =
    "a GPU that is passed through leaves the host: take it out of gpu_assignment, or out of passthrough";
  const refused = (key: string, value: string) =>
    `host.json: vms[0].passthrough[0].${key}: is passed through to virtual machine runner and given to container 901 ("${value}") — ${remedy}`;
  const rows: Row[] = [
    ["by index", both("0,1", { gpu: "1" }), refused("gpu", "1")],
    ["by address", both("0000:01:00.0", { address: "0000:01:00.0" }), refused("address", "0000:01:00.0")],
    [
      "by an address without domain and function",
      both("0000:01:00.0", { address: "01:00" }),
      refused("address", "01:00"),
    ],
    [
      "by an address of nvidia-smi",
      both("0000:0A:00.0", { gpu: "00000000:0a:00.0" }),
      refused("gpu", "00000000:0a:00.0"),
    ],
    ["by UUID", both(uuid, { gpu: uuid.toUpperCase() }), refused("gpu", uuid.toUpperCase())],
    [
      "told once for a device that is named twice",
      both("0,0000:01:00.0", { address: "01:00.0", gpu: "0" }),
      refused("address", "01:00.0"),
    ],
    ["another GPU by the same kind of name", both("0", { gpu: "1" })],
    ["another address", both("0000:01:00.0", { address: "0000:02:00.0" })],
    ["a device that is no GPU", both("0", { address: "0000:03:00.0" })],
    ["no container with a GPU", both("none", { gpu: "1" })],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  test("by a lower index than a container's moves that one", () =>
    expectRow("warnings", [
      "",
      both("1,3", { gpu: "0" }),
      'host.json: vms[0].passthrough[0].gpu: leaves the host\'s driver, which then counts the GPUs behind it from one less: GPU 1 of container 901, GPU 3 of container 901 ("0") — name GPUs by UUID or PCI address in gpu_assignment and here',
    ]));
  test("by a higher index moves none", () => expectRow("warnings", ["", both("0,1", { gpu: "2" })]));

  test("by names of two kinds only the node can tell", () =>
    expectRow("warnings", [
      "",
      both("0", { gpu: uuid }),
      `host.json: vms[0].passthrough[0].gpu: is not compared with gpu_assignment, which names GPUs by index ("${uuid}") — name it in the same way everywhere; else only the node refuses what is given to both`,
    ]));
});

describe("behavior.rollback_on_failure", () => {
  const settings = (behavior: object | undefined) => {
    const { estate, mistakes } = check((host) => behavior && (host.behavior = behavior));
    return { mistakes, containers: estate?.containers.map(({ rollbackOnFailure }) => rollbackOnFailure) };
  };
  test("is off, as in the original, and counts for every container", () => {
    const off = { mistakes: [], containers: [undefined, undefined] };
    assert.deepEqual(settings(undefined), off);
    assert.deepEqual(settings({}), off);
    assert.deepEqual(settings({ rollback_on_failure: false, debug_mode: true }), off);
    assert.deepEqual(settings({ rollback_on_failure: true }), { mistakes: [], containers: [true, true] });
  });
});
