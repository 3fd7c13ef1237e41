import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { runfile, runfileSha256 } from "../../lab/host/machine/commands/nvidia/runfile";
import { scriptOf } from "../helpers/scripts";
import { noLab } from "./node";
import { driver, NvidiaNode } from "./nvidia-node";

const version = "580.76.05";
const config = driver();
const url = config.runfileUrl;
const other = "file:///srv/other.run";
const fetched = (from: string, why: string) =>
  `the NVIDIA installer could not be fetched from ${from}: ${why}; check nvidia_driver.runfile_url, the node's network ` +
  "and free space ('df -h /var/cache/phoenix'). Nothing was changed";
const rejected = (from: string, why: string) =>
  `the file from ${from} was refused and removed: ${why}; correct nvidia_driver.runfile_url, version or ` +
  "runfile_sha256. Nothing was changed";
const cache = `/var/cache/phoenix/NVIDIA-Linux-x86_64-${version}.run`;

describe("NVIDIA's driver: what is refused, and leaves the node as it was", { skip: noLab }, () => {
  let node!: NvidiaNode;
  before(async () => {
    node = await NvidiaNode.start(version, "570.86.16");
    await node.sh("mkdir -p /var/cache/phoenix /var/lib/phoenix/nvidia");
  });
  after(() => node.stop());

  it("no network: the name is not resolved", async () => {
    const from = `https://us.download.nvidia.com.invalid/${version}.run`;
    await node.refused(
      "install",
      driver({ runfileUrl: from }),
      /^phoenix: the NVIDIA installer could not be fetched from https:.*curl: \(6\).* Nothing was changed$/,
    );
  });

  it("an address that is not encrypted, without a checksum", async () => {
    await node.refused(
      "install",
      driver({ runfileUrl: url.replace("file:///srv", "http://us.download.nvidia.com") }),
      /^phoenix: the NVIDIA installer could not be fetched from http:.*curl: \(1\) Protocol "http".* Nothing was changed$/,
    );
  });

  it("a file that is not there", async () => {
    const from = "file:///srv/nosuch.run";
    const why = "curl: (37) Couldn't open file /srv/nosuch.run (curl 37)";
    await node.refused("install", driver({ runfileUrl: from }), fetched(from, why));
  });

  it("a version that the server does not have", async () => {
    const from = url.replace("file:///srv", "https://us.download.nvidia.com/XFree86/Linux-x86_64/580.99.99");
    const why = "curl: (22) The requested URL returned error: 404 (curl 22)";
    await node.refused("install", driver({ runfileUrl: from }), fetched(from, why));
  });

  it("another checksum than the configuration's", async () => {
    const wanted = "ab".repeat(32);
    await node.refused(
      "install",
      driver({ sha256: wanted }),
      rejected(
        url,
        `it has the checksum ${runfileSha256(version)}, not nvidia_driver.runfile_sha256 ${wanted}`,
      ),
    );
  });

  it("a file that was cut off", async () => {
    await node.put("/srv/other.run", runfile(version).slice(0, -900));
    const why = "it is not an undamaged .run installer";
    await node.refused("install", driver({ runfileUrl: other }), rejected(other, why));
  });

  it("a web page instead of an installer", async () => {
    await node.put("/srv/other.run", "<html>Access denied</html>\n");
    const why = "it is not an undamaged .run installer";
    await node.refused("install", driver({ runfileUrl: other }), rejected(other, why));
  });

  it("the installer of another version", async () => {
    const from = "file:///srv/NVIDIA-Linux-x86_64-570.86.16.run";
    const why = `it is not the installer of version ${version}`;
    await node.refused("install", driver({ runfileUrl: from }), rejected(from, why));
  });

  it("no space for the installer", async () => {
    await node.sh("mount -t tmpfs -o size=4k full /var/cache/phoenix");
    try {
      await node.refused(
        "install",
        config,
        /^phoenix: the NVIDIA installer could not be fetched from .*\(curl 23\).* Nothing was changed$/,
      );
    } finally {
      await node.sh("umount /var/cache/phoenix");
    }
  });

  it("every card is set aside for virtual machines", async () => {
    const cards = "/sys/bus/pci/devices/0000:0[12]:00.0";
    await node.sh(`for card in ${cards}; do ln -sfn ../../drivers/vfio-pci $card/driver; done`);
    await node.refused(
      "install",
      config,
      "every NVIDIA card of this host is set aside for virtual machines (driver vfio-pci: 0000:01:00.0 0000:02:00.0); " +
        "take one back, or set nvidia_driver.install to false. Nothing was changed",
    );
    await node.sh(`for card in ${cards}; do ln -sfn ../../drivers/nouveau $card/driver; done`);
  });

  it("settings that are no JSON", async () => {
    const answer = await node.run(scriptOf("hypervisor/nvidia-driver", "active"), "text");
    assert.match(answer.stderr, /standard input is not a JSON object/);
  });

  it("headers of the running kernel that no repository has: nothing but the fetched file is there", async () => {
    await node.sh(
      `cp /srv/NVIDIA-Linux-x86_64-${version}.run ${cache}; mv /etc/apt/sources.list.d/proxmox.sources /srv; apt-get -q update`,
    );
    const kernel = (await node.sh("uname -r")).trim();
    await node.refused(
      "install",
      config,
      new RegExp(
        `^phoenix: packages could not be installed: proxmox-headers-${kernel} .*Unable to locate package proxmox-headers-${kernel}`,
      ),
    );
    await node.sh("mv /srv/proxmox.sources /etc/apt/sources.list.d; apt-get -q update");
  });

  it("a damaged file in the cache is fetched again", async () => {
    await node.sh(`truncate -s 1000 ${cache}`);
    await node.sh("mv /srv/NVIDIA-Linux-x86_64-580.76.05.run /srv/hidden");
    const answer = await node.step("install", config);
    assert.match(answer.stderr, /cannot be used: it is not an undamaged \.run installer; fetching it again/);
    assert.match(answer.stderr, /could not be fetched/);
    await node.sh("mv /srv/hidden /srv/NVIDIA-Linux-x86_64-580.76.05.run");
  });

  it("the initramfs cannot be made: told, and made up for by the next run", async () => {
    await node.addFault("command", "^update-initramfs", "--exit", "1", "--stderr", "No space left on device");
    const answer = await node.step("install", config);
    assert.match(
      answer.stderr,
      /phoenix: update-initramfs failed; its messages are above\. Run again when it works\n$/,
    );
    assert.equal(answer.result, undefined);
    assert.equal(await node.sh("ls /var/lib/phoenix/nvidia"), "initramfs\n");
    await node.clearFaults();
  });

  it("the installer fails: the end of its log, and the way to the whole", async () => {
    await node.sh("mv /usr/src/linux-headers-$(uname -r)/Makefile /srv");
    const answer = await node.step("install", config);
    assert.match(
      answer.stderr,
      /^ERROR: Unable to find the kernel source tree for the currently running kernel/m,
    );
    assert.match(
      answer.stderr.trimEnd().split("\n").at(-1) ?? "",
      /^phoenix: the NVIDIA installer 580\.76\.05 failed: Unable to find the kernel source tree .*; the end of its log is above, the whole is \/var\/log\/nvidia-installer\.log on phoenix$/,
    );
    assert.equal((await node.exec(["bash", "-c", "command -v nvidia-smi"])).code, 1);
    await node.sh("mv /srv/Makefile /usr/src/linux-headers-$(uname -r)");
  });

  it("then it is installed, and a host that ignores its restart is told", async () => {
    const answer = await node.step("install", config);
    assert.equal(answer.code, 0, answer.stderr);
    await node.addFault("command", "^systemctl reboot", "--exit", "0", "--stderr", "", "--times", "0");
    const restart = await node.step("restart", config, ["env", "PHOENIX_RESTART_WAIT=1"]);
    assert.deepEqual(restart.result, { changed: true, did: ["restarting phoenix"] });
    await node.until(async () => (await node.sh("systemctl is-active ssh || true")) === "active\n");
    await node.refused(
      "active",
      config,
      `phoenix has not restarted, and the NVIDIA driver ${version} needs it: it was told to and did not within 1 s. ` +
        "Restart it yourself ('systemctl reboot'), then run again",
    );
  });

  it("a restart that is refused: the host listens again at once", async () => {
    await node.clearFaults();
    await node.addFault(
      "command",
      "^systemctl reboot",
      "--exit",
      "1",
      "--stderr",
      "Failed to reboot: inhibited by backup",
    );
    assert.equal((await node.step("restart", config)).code, 0);
    await node.until(async () => (await node.sh("systemctl is-active ssh || true")) === "active\n");
    await node.refused(
      "active",
      config,
      /needs it: Failed to reboot: inhibited by backup\. Restart it yourself/,
    );
    await node.clearFaults();
  });

  it("Proxmox VE that does not come up", async () => {
    await node.sh("systemctl stop pveproxy");
    const answer = await node.step("active", config, ["env", "PHOENIX_READY_WAIT=1"]);
    assert.match(answer.stderr, /Proxmox VE's services are not up 5 minutes after phoenix answered/);
    await node.sh("systemctl start pveproxy");
  });

  it("a driver that does not work after the restart", async () => {
    await node.restart();
    await node.sh(
      "systemctl stop phoenix-nvidia; rmmod nvidia_uvm nvidia_drm nvidia_modeset nvidia; rm /usr/lib/modules/*/updates/dkms/nvidia.ko",
    );
    const answer = await node.step("active", config);
    assert.match(
      answer.stderr,
      /phoenix: phoenix-nvidia\.service could not be started: .*; see 'systemctl status phoenix-nvidia\.service' on the node, then run again\n$/,
    );
    await node.sh("rm -r /var/lib/dkms/nvidia; dkms install nvidia/580.76.05");
    for (const step of ["install", "active"] as const) assert.equal((await node.step(step, config)).code, 0);
    assert.deepEqual(await node.deviations(config), {});
  });
});
