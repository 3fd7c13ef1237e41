import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { noLab } from "./node";
import { dataset, pool, ZfsNode } from "./zfsNode";

/** A disk of the machine `attic`, by its model and serial. */
const id = (name: string) => `/dev/disk/by-id/ata-Lab_${name}`;
const [left, right] = [id("Old_1TB_ELSEWHERE1"), id("Old_1TB_ELSEWHERE2")];
const blank = id("Blank_1TB_BLANK1");
const tank = pool("tank", "single", [id("Old_1TB_EXPORTED")]);
const archive = pool("archive", "mirror", [left, right], { takeOverFrom: "oldhost" });

/** What the original's settings change in a pool that was made without them. */
const properties = (name: string) => [
  `pool ${name} autotrim: off -> on`,
  `pool ${name} atime: on -> off`,
  `pool ${name} compression: on -> lz4`,
];

describe("ZFS: pools that are there already, and their health", { skip: noLab }, () => {
  let node!: ZfsNode;
  before(async () => {
    node = await ZfsNode.start("attic");
  });
  after(() => node.stop());

  it("an exported pool is imported with its data, by the names the file uses", async () => {
    await node.converge(
      tank,
      ["imported pool tank", ...properties("tank")],
      ["pool tank: is not imported, wanted imported"],
    );
    assert.equal(await node.sh("cat /tank/films/1902"), "a trip to the moon\n");
    assert.match(
      await node.sh("zpool status -P tank"),
      /\t {2}\/dev\/disk\/by-id\/ata-Lab_Old_1TB_EXPORTED-part1 /,
    );
  });

  it("a dataset of an imported pool is taken as it is", async () => {
    await node.converge(dataset("tank/films", { compression: "lz4" }), [
      "dataset tank/films compression: off -> lz4",
    ]);
    assert.equal(await node.sh("cat /tank/films/1902"), "a trip to the moon\n");
  });

  it("a pool of a system that is gone is taken over when the key names that system", async () => {
    const first = await node.up(archive);
    assert.deepEqual(first.result?.did, ["imported pool archive", ...properties("archive")], first.stderr);
    assert.match(first.stderr, /^took pool archive over from oldhost \(hostid 8f21ac02\)$/m);
    assert.equal(await node.sh("cat /archive/letters/first"), "dear reader\n");
    await node.converge(archive, []);
  });

  it("a disk taken offline: the pool works, and the result says that it is degraded", async () => {
    await node.sh(`zpool offline archive ${left}`);
    const { result } = await node.up(archive);
    assert.equal(result?.health, "DEGRADED");
    assert.deepEqual(result.warnings, [
      "pool archive is DEGRADED: One or more devices has been taken offline by the administrator. Sufficient replicas exist for the pool to continue functioning in a degraded state.",
    ]);
    assert.deepEqual((await node.verify(archive)).result?.deviations, []);
    await node.sh(`zpool online archive ${left}`);
    assert.equal((await node.up(archive)).result?.health, "ONLINE");
  });

  it("a disk that is pulled out: nothing is repaired, everything is told", async () => {
    await node.fault("add", "disk", "sdl");
    const { result, stderr } = await node.up(archive);
    assert.deepEqual(
      result?.warnings,
      [
        `pool archive: a disk is REMOVED (was ${left}); attach it, or 'zpool replace archive ${left}-part1 <new disk>'`,
        "pool archive is DEGRADED: One or more devices have been removed. Sufficient replicas exist for the pool to continue functioning in a degraded state.",
      ],
      stderr,
    );
    assert.deepEqual(result.did, []);
  });

  it("with a disk missing an exported pool is imported, not made anew", async () => {
    await node.sh("zpool export archive");
    const { result, stderr } = await node.up(archive);
    assert.deepEqual(result?.did, ["imported pool archive"], stderr);
    assert.match(
      result.warnings?.[0] ?? "",
      /^pool archive: a disk is UNAVAIL \(was \/dev\/disk\/by-id\/ata-Lab_Old_1TB_ELSEWHERE1\); attach it, or 'zpool replace archive \d+ <new disk>'$/,
    );
    assert.equal(await node.sh("cat /archive/letters/first"), "dear reader\n");
    await node.fault("clear");
    await node.sh("zpool clear archive");
    assert.equal((await node.up(archive)).result?.health, "ONLINE");
  });

  it("a disk replaced by hand: the file that still names the old one is refused, the corrected one is fine", async () => {
    await node.sh(`zpool replace archive ${left} ${blank}`);
    await node.refuse(
      archive,
      "a pool named archive is there already, on mirror (/dev/sdb /dev/sdm), and not on what zfs.pools says (mirror (/dev/sdl /dev/sdm)); nothing was changed: name the pool's own disks there, or give the new pool another name",
    );
    const corrected = pool("archive", "mirror", [blank, right]);
    await node.converge(corrected, []);
    assert.match(
      (await node.up(corrected)).result?.scan ?? "",
      /^resilvered 96K in 00:00:00 with 0 errors on /,
    );
    assert.equal(await node.sh("cat /archive/letters/first"), "dear reader\n");
  });

  it("a pool that lost its only disk is told, and nothing is done to it", async () => {
    await node.fault("add", "disk", "sdg");
    const { code, result, stderr } = await node.up(tank);
    assert.equal(code, 0, stderr);
    assert.deepEqual(result?.did, []);
    assert.equal(result.health, "SUSPENDED");
    assert.ok(
      result.warnings?.includes(
        "pool tank is SUSPENDED: One or more devices are faulted in response to IO failures.",
      ),
      JSON.stringify(result.warnings),
    );
    await node.fault("clear");
    await node.sh("zpool clear tank");
    await node.converge(tank, []);
    assert.equal(await node.sh("cat /tank/films/1902"), "a trip to the moon\n");
  });

  it("a worn and failing disk is a warning", async () => {
    const failing = id("Blank_1TB_FAILING");
    const { result, stderr } = await node.up(pool("fresh", "single", [failing]));
    assert.deepEqual(result?.did, ["created pool fresh (single, 1 disk)"], stderr);
    assert.deepEqual(result.warnings, [
      `disk ${failing} says that it is failing; replace it: 'smartctl -a /dev/sdq'`,
      `disk ${failing} is worn: 91 % worn, 40211 hours; plan its replacement`,
    ]);
    assert.deepEqual(result.disks, [{ disk: failing, wearPercent: 91, hours: 40211, failing: true }]);
  });

  it("without smartctl the wear is not known, and that is said", async () => {
    const { stderr, result } = await node.run(pool("live", "single", [id("Old_1TB_LIVE")]).script, {
      ...pool("live", "single", [id("Old_1TB_LIVE")]).settings,
      autotrim: "off",
      properties: {},
    });
    assert.deepEqual(result?.disks, [{ disk: id("Old_1TB_LIVE"), wearPercent: 0, hours: 0, failing: false }]);
    assert.match(stderr, /ata-Lab_Old_1TB_LIVE: 0 % worn, 0 hours/);
  });
});
