/* Keys and password of a container's root: those of its entry, beside what others put there. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Secret } from "../../plan/values";
import { create, fetchTemplate, net0, rootDisks } from "./container-node";
import { ctid, type Entry, stepsOfEntry } from "./key-rows";
import { Node, noLab, tag } from "./node";

const key = (name: string) =>
  `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${name.padEnd(43, "x")} ${name}@lab.example`;
const foreign = key("foreign");
const hash = (end: string) => `$6$saltsalt$${end.padEnd(86, "x")}`;

for (const release of [8, 9] as const)
  describe(`root of a container on Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: Node;
    before(async () => {
      node = await Node.prepared({ release });
      await node.sh(
        `${rootDisks} && ${fetchTemplate} && ${create(ctid, `--tags ${tag} --unprivileged 1 ${net0}`)} && pct start ${ctid}`,
      );
    });
    after(() => node.stop());

    const settingsOf = (entry: Entry) => {
      const { settings, ...scripts } = stepsOfEntry(entry)["root-access"]!;
      const { passwordHash, ...others } = settings as { passwordHash?: Secret };
      // As the engine hands it over.
      return { ...scripts, settings: { ...others, passwordHash: passwordHash?.value } };
    };
    const run = async (which: "script" | "look" | "remove", entry: Entry) => {
      const step = settingsOf(entry);
      const { code, result, stderr } = await node.script(step[which]!, step.settings);
      assert.equal(code, 0, stderr);
      assert.ok(!/\$6\$/.test(stderr + JSON.stringify(result)), "no hash is shown");
      return result as unknown as { did: string[]; deviations: string[] };
    };
    const inside = (command: string) => node.sh(`pct exec ${ctid} -- sh -c '${command}'`);
    const keys = async () => (await inside("cat /root/.ssh/authorized_keys")).split("\n").filter(Boolean);
    const shadow = async () => (await inside("sed -n s/^root://p /etc/shadow")).split(":")[0];
    const note = `/var/lib/phoenix/guests/${ctid}.root-access`;

    const entry = { root_ssh_keys: [key("anna"), key("ben")], root_password_hash: hash("one") };
    let first: string;

    it("has no step without a word about it", () => {
      assert.equal(stepsOfEntry({})["root-access"], undefined);
    });

    it("its keys stand beside those of others, with their owner and mode, and its password is its own", async () => {
      first = (await shadow())!;
      await inside(
        `mkdir -p -m 700 /root/.ssh; echo ${JSON.stringify(foreign)} >/root/.ssh/authorized_keys; chmod 640 /root/.ssh/authorized_keys`,
      );
      assert.deepEqual((await run("script", entry)).did, [
        `CT ${ctid}: root has the key anna@lab.example`,
        `CT ${ctid}: root has the key ben@lab.example`,
        `CT ${ctid}: root's password hash`,
      ]);
      assert.deepEqual(await keys(), [foreign, key("anna"), key("ben")]);
      assert.equal(await inside("stat -c %a:%U /root/.ssh/authorized_keys"), "640:root\n");
      assert.equal(await shadow(), hash("one"));
      assert.deepEqual((await run("script", entry)).did, []);
      assert.deepEqual((await run("look", entry)).deviations, []);
      assert.equal(await node.sh(`stat -c %a ${note}`), "600\n");
      assert.doesNotMatch(await node.sh("cat /var/log/phoenix_hypervisor/*"), /saltsalt/);
    });

    it("what somebody changes is told, and put right; what others put there is no deviation", async () => {
      await inside(
        `sed -i /anna@/d /root/.ssh/authorized_keys; echo ${JSON.stringify(key("more"))} >>/root/.ssh/authorized_keys; echo root:\\* | chpasswd -e`,
      );
      assert.deepEqual((await run("look", entry)).deviations, [
        `CT ${ctid} root_ssh_keys: is without anna@lab.example, wanted with it`,
        `CT ${ctid} root_password_hash: is another one, wanted that of the entry`,
      ]);
      await run("script", entry);
      assert.deepEqual(await keys(), [foreign, key("ben"), key("more"), key("anna")]);
      assert.equal(await shadow(), hash("one"));
    });

    it("a change takes out only what was ours", async () => {
      const changed = { root_ssh_keys: [key("ben"), key("carl")], root_password_hash: hash("two") };
      await run("script", changed);
      assert.deepEqual(await keys(), [foreign, key("ben"), key("more"), key("carl")]);
      assert.equal(await shadow(), hash("two"));
      // One that was there already is not ours.
      await run("script", { ...changed, root_ssh_keys: [...changed.root_ssh_keys, foreign] });
      await run("script", { root_ssh_keys: [key("carl")] });
      assert.deepEqual(await keys(), [foreign, key("more"), key("carl")]);
      assert.equal(await shadow(), first, "the password of before");
    });

    it("a link in the place of the file is refused", async () => {
      await inside("mv /root/.ssh /root/ssh; ln -s /root/ssh /root/.ssh");
      const step = settingsOf(entry);
      const { code, stderr } = await node.script(step.script, step.settings);
      assert.notEqual(code, 0);
      assert.match(
        stderr,
        /CT 900: its \/root\/\.ssh is a link; make it a real one and run again\. No key and no password was changed/,
      );
      await inside("rm /root/.ssh; mv /root/ssh /root/.ssh");
    });

    it("the removal takes ours out, of a stopped one too, and leaves it as it was", async () => {
      await run("script", entry);
      await node.sh(`pct stop ${ctid}`);
      assert.deepEqual((await run("remove", entry)).did.sort(), [
        `CT ${ctid}: root's key anna@lab.example is taken out`,
        `CT ${ctid}: root's key ben@lab.example is taken out`,

        `CT ${ctid}: root's password hash`,
        `started CT ${ctid}`,
      ]);
      assert.match(await node.sh(`pct status ${ctid}`), /stopped/);
      await node.sh(`pct start ${ctid}`);
      assert.deepEqual(await keys(), [foreign, key("more")]);
      assert.equal(await shadow(), first);
      await assert.rejects(node.sh(`test -e ${note}`));
    });
  });
