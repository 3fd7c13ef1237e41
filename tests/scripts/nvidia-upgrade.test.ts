import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { stepFile, template } from "./container-node";
import { noLab, tag } from "./node";
import { blacklist, driver, NvidiaNode, unit } from "./nvidia-node";

const [old, fresh] = [driver({ version: "570.86.16" }), driver({ version: "580.76.05" })];

describe("NVIDIA's driver: another version, with guests that use it", { skip: noLab }, () => {
  let node!: NvidiaNode;
  before(async () => {
    node = await NvidiaNode.start(old.version, fresh.version);
    await node.sh(
      "zpool create -f tank nvme2n1 && zfs create tank/lxc && pvesm add zfspool tank-lxc --pool tank/lxc --content rootdir && " +
        `pveam download local ${template}`,
    );
  });
  after(() => node.stop());

  const userSpace = (config = fresh) =>
    node.run(stepFile("nvidia-driver"), {
      ctid: 900,
      tag,
      version: config.version,
      runfileUrl: config.runfileUrl,
      sha256: config.sha256,
    });
  const status = async (ctid: number) => (await node.sh(`pct status ${ctid}`)).trim();
  const inGuest = (command: string) => node.exec(["pct", "exec", "900", "--", ...command.split(" ")]);
  const create = (ctid: number, more: string) =>
    node.sh(
      `pct create ${ctid} local:vztmpl/${template} --hostname ct${ctid} --rootfs tank-lxc:8 --unprivileged 1 ${more} && ` +
        `pct set ${ctid} --dev0 /dev/nvidiactl,mode=0666 --dev1 /dev/nvidia0,mode=0666 --dev2 /dev/nvidia-uvm,mode=0666 && ` +
        `pct start ${ctid}`,
    );

  it("where nouveau is away already, the driver works at once: no restart", async () => {
    await node.put(blacklist, "blacklist nouveau\n");
    await node.restart();
    const boot = await node.sh("cat /proc/sys/kernel/random/boot_id");
    const { result, stderr } = await node.step("install", old);
    assert.ok(result?.did?.includes(`installed the NVIDIA driver ${old.version}`), stderr);
    await node.converge("restart", old, []);
    await node.converge("active", old, []);
    assert.deepEqual(await node.deviations(old), {});
    assert.equal(await node.sh("cat /proc/sys/kernel/random/boot_id"), boot);
  });

  it("a container gets the host's version without a kernel module, once", async () => {
    await create(900, `--tags ${tag}`);
    assert.notEqual((await inGuest("nvidia-smi")).code, 0);
    const first = await userSpace(old);
    const did = [`CT 900: NVIDIA user space none -> ${old.version}`];
    assert.deepEqual(first.result, { changed: true, did }, first.stderr);
    assert.deepEqual((await userSpace(old)).result, { changed: false, did: [] });
    assert.equal(
      (await inGuest("nvidia-smi --query-gpu=index,driver_version --format=csv,noheader")).stdout,
      `0, ${old.version}\n`,
    );
    assert.equal((await inGuest("ls /usr/src /tmp")).stdout.includes("nvidia"), false);
  });

  it("another version than the host's is refused in a container, and leaves it as it is", async () => {
    const other = await userSpace(fresh);
    assert.match(
      other.stderr,
      /^phoenix: the NVIDIA driver of phoenix is not 580\.76\.05 \(nvidia-smi: 570\.86\.16\); CT 900 was left untouched$/m,
    );
  });

  it("a foreign container that uses the driver stops the upgrade before anything stops", async () => {
    await create(901, "");
    await node.refused(
      "stop-guests",
      fresh,
      "CT 901 ('ct901') uses this host's NVIDIA driver and is not of this stack; the driver cannot be changed below it. " +
        "Stop it ('pct shutdown 901'), then run again. Nothing was changed",
    );
    await node.refused(
      "install",
      fresh,
      "the NVIDIA driver is in use by running containers (900 901); stop them, then run again. Nothing was changed",
    );
    assert.equal(await status(900), "status: running");
    await node.sh("pct stop 901");
  });

  it("guests stop, the host is upgraded, the guests start, their user space follows", async () => {
    await node.converge("stop-guests", fresh, ["stopped CT 900, which has a GPU"]);
    assert.equal(await status(900), "status: stopped");
    const { result, stderr } = await node.step("install", fresh);
    assert.deepEqual(
      result?.did?.filter((line) => !line.startsWith("built")),
      [
        `fetched the NVIDIA installer ${fresh.version}`,
        `installed the NVIDIA driver ${fresh.version} (was ${old.version})`,
        "started phoenix-nvidia.service",
      ],
      stderr,
    );
    await node.converge("install", fresh, []);
    await node.converge("restart", fresh, []);
    await node.converge("active", fresh, []);
    await node.converge("start-guests", fresh, ["started CT 900 again"]);
    assert.deepEqual(await node.deviations(fresh), {});
    assert.equal((await node.sh("dkms status")).includes(old.version), false);
    assert.equal(
      (await inGuest("nvidia-smi")).stdout,
      "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 570.86\n",
    );
    const did = [`CT 900: NVIDIA user space none -> ${fresh.version}`];
    assert.deepEqual((await userSpace()).result, { changed: true, did });
    assert.match(
      (await inGuest("nvidia-smi -L")).stdout,
      /^GPU 0: NVIDIA GeForce RTX 5060 Ti \(UUID: GPU-5ad41b1c/,
    );
    assert.equal(await status(901), "status: stopped");
  });

  it("a module that a program of the host holds: the installer goes on, and a restart is needed", async () => {
    await node.sh("pct stop 900; echo 1 >/sys/module/nvidia/refcnt");
    const { result, stderr } = await node.step("install", old);
    assert.match(stderr, /--skip-module-load --allow-installation-with-running-driver/);
    assert.ok(
      result?.did?.includes(`installed the NVIDIA driver ${old.version} (was ${fresh.version})`),
      stderr,
    );
    assert.match(await node.sh("nvidia-smi || true"), /Driver\/library version mismatch/);
    await node.refused(
      "restart",
      driver({ ...old, reboot: false }),
      /takes effect when phoenix restarts \(nvidia is still loaded\)/,
    );
    await node.restart();
    await node.converge("active", old, []);
    assert.deepEqual(await node.deviations(old), {});
  });

  it("what Debian's packages left behind goes, those for containers stay", async () => {
    await node.sh("apt-get -q -y install nvidia-driver");
    const { result, stderr } = await node.step("install", fresh);
    const removed = result?.did?.find((line) => line.startsWith("removed the distribution's packages"));
    assert.equal(
      removed,
      "removed the distribution's packages nvidia-driver nvidia-kernel-dkms nvidia-smi",
      stderr,
    );
    assert.deepEqual(await node.deviations(fresh), {});
  });

  it("killed at any moment, the next run finishes and nothing is doubled", async () => {
    for (const [round, target] of [old, fresh, old, fresh].entries()) {
      const seconds = (0.2 + Math.random() * 2.5).toFixed(2);
      await node.step("install", target, ["timeout", "-s", "KILL", seconds]);
      const { code, stderr } = await node.step("install", target);
      assert.equal(code, 0, `round ${round}, killed after ${seconds} s: ${stderr}`);
      assert.equal((await node.step("active", target)).code, 0);
      assert.deepEqual(await node.deviations(target), {}, `round ${round}, killed after ${seconds} s`);
      const kernels = (await node.sh("dkms status")).trim().split("\n");
      assert.equal(new Set(kernels).size, kernels.length);
      assert.ok(kernels.every((line) => line.startsWith(`nvidia/${target.version}, `)));
      assert.equal(
        (await node.sh(`ls /var/cache/phoenix`)).trim(),
        `NVIDIA-Linux-x86_64-${target.version}.run`,
      );
    }
  });

  it("below a running container the driver is not taken away", async () => {
    await node.sh("pct start 900");
    const before = await node.state();
    const answer = await node.remove(fresh);
    assert.deepEqual(answer.result, { changed: false, did: [] });
    assert.match(
      answer.stderr,
      /warning: running containers use the NVIDIA driver \(900\): it stays, and nothing was changed/,
    );
    assert.equal(await node.state(), before);
    await node.sh("pct stop 900");
  });

  it("a driver that somebody else installed stays when ours goes; the file of before comes back", async () => {
    await node.sh("rm /var/lib/phoenix/nvidia/installed");
    const { code, stderr } = await node.remove(fresh);
    assert.equal(code, 0, stderr);
    assert.equal(await node.sh(`cat ${blacklist}`), "blacklist nouveau\n");
    assert.equal((await node.exec(["test", "-e", unit])).code, 1);
    assert.match(await node.sh("nvidia-smi -L"), /^GPU 0: /);
  });
});
