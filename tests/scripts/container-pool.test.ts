/* The pool of Proxmox VE that a container is a member of. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { create, fetchTemplate, net0, rootDisks } from "./container-node";
import { ctid, stepsOfEntry } from "./key-rows";
import { Node, noLab, tag } from "./node";

for (const release of [8, 9] as const)
  describe(`pools of containers on Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: Node;
    before(async () => {
      node = await Node.prepared({ release });
      const other = net0.replace(".200/", ".201/");
      await node.sh(
        `${rootDisks} && ${fetchTemplate} && ${create(ctid, `--tags ${tag} --unprivileged 1 ${net0}`)} && ` +
          `${create(901, `--tags ${tag} --unprivileged 1 ${other}`)} && pveum pool add theirs && pct start ${ctid}`,
      );
    });
    after(() => node.stop());

    const run = async (which: "script" | "look" | "remove", pool: string, id = ctid) => {
      const { settings, ...scripts } = stepsOfEntry({ pool })["pool"]!;
      const { code, result, stderr } = await node.script(scripts[which]!, { ...settings, ctid: id });
      assert.equal(code, 0, stderr);
      const { did, deviations } = result as unknown as Record<"did" | "deviations", string[]>;
      return which === "look" ? deviations : did;
    };
    const pools = async () =>
      (await node.sh("sed -n 's/^pool:\\([^:]*\\):[^:]*:\\([^:]*\\):.*/\\1=\\2/p' /etc/pve/user.cfg"))
        .split("\n")
        .filter(Boolean);

    it("has no step without the key", () => assert.equal(stepsOfEntry({})["pool"], undefined));

    it("is made with those that it lies in, and the container joins it while it runs", async () => {
      assert.deepEqual(await run("script", "lab/web"), [
        "made pool lab",
        "made pool lab/web",
        `CT ${ctid}: pool none -> lab/web`,
      ]);
      assert.deepEqual(await pools(), ["lab=", `lab/web=${ctid}`, "theirs="]);
      assert.deepEqual(await run("script", "lab/web"), []);
      assert.deepEqual(await run("look", "lab/web"), []);
    });

    it("a container that somebody moved or took out is told, and comes back", async () => {
      await node.sh(`pveum pool modify theirs --vms ${ctid} --allow-move 1`);
      assert.deepEqual(await run("look", "lab/web"), [`CT ${ctid} pool: is theirs, wanted lab/web`]);
      assert.deepEqual(await run("script", "lab/web"), [`CT ${ctid}: pool theirs -> lab/web`]);
      await node.sh(`pveum pool modify lab/web --vms ${ctid} --delete 1`);
      assert.deepEqual(await run("look", "lab/web"), [`CT ${ctid} pool: is none, wanted lab/web`]);
      await run("script", "lab/web");
      assert.deepEqual(await pools(), ["lab=", `lab/web=${ctid}`, "theirs="]);
    });

    it("another pool takes it over; one of ours goes when it is empty, and only then", async () => {
      await run("script", "lab/web", 901);
      assert.deepEqual(await run("script", "theirs"), [`CT ${ctid}: pool lab/web -> theirs`]);
      assert.deepEqual(await pools(), ["lab=", "lab/web=901", `theirs=${ctid}`]);
      assert.deepEqual(await run("script", "lab", 901), [
        "CT 901: pool lab/web -> lab",
        "removed pool lab/web, which is empty",
      ]);
      assert.deepEqual(await pools(), ["lab=901", `theirs=${ctid}`]);
    });

    it("without the key it is in none; a pool of somebody else stays, and so does a full one", async () => {
      assert.deepEqual(await run("remove", "theirs"), [`CT ${ctid}: pool theirs -> none`]);
      await node.sh("pveum pool modify lab --storage local");
      assert.deepEqual(await run("remove", "lab", 901), ["CT 901: pool lab -> none"]);
      assert.deepEqual(await pools(), ["lab=", "theirs="]);
      assert.deepEqual(await run("remove", "lab", 901), []);
    });

    it("one that somebody moved elsewhere stays there; a pool of a container that is gone goes", async () => {
      await run("script", "mine");
      await node.sh(`pveum pool modify theirs --vms ${ctid} --allow-move 1`);
      assert.deepEqual(await run("remove", "mine"), ["removed pool mine, which is empty"]);
      await run("script", "mine", 901);
      await node.sh("pct destroy 901");
      assert.deepEqual(await run("remove", "mine", 901), ["removed pool mine, which is empty"]);
      assert.deepEqual(await pools(), ["lab=", `theirs=${ctid}`]);
      assert.equal(await node.sh("ls /var/lib/phoenix/pools"), "lab\n");
    });
  });
