import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { featureScript } from "../../components/container/in-guest/in-guest";
import { containerSpec } from "../components/specs";
import { stepFile, template } from "./container-node";
import { assertFails, type Failure } from "./containerFailures";
import { noLab, tag } from "./node";
import { blacklist, driver, NvidiaNode } from "./nvidia-node";

const version = "580.76.05";
const config = driver({ version });
const [first, second] = ["0000:01:00.0", "0000:02:00.0"] as const;

const configure = (gpus: string[], ctid = 901) => ({
  ...{ ctid, tag, diskGb: 8, rawLines: [], gpus, net0: { name: "eth0", bridge: "vmbr0" } },
  values: { description: "", onboot: 0, ...(ctid === 900 && { features: "nesting=1,keyctl=1" }) },
});
const userSpace = (over: object = {}) => ({
  ...{ ctid: 900, tag, version, runfileUrl: config.runfileUrl },
  ...over,
});
const feature = (name: string, cudaVersion = "12.8") => {
  const spec = containerSpec({ ctid: 900, gpus: ["0"] });
  const cudaRepositories = "https://developer.download.nvidia.com/compute/cuda/repos";
  const nvidia = { version, runfileUrl: config.runfileUrl, cudaVersion, cudaRepositories };
  return featureScript(spec, { name }, { tag, stack: "test", nvidia });
};

/** A command of the node that says this and ends so; in a container with its CTID, for a call with this word. */
const stub = (name: string, said: string, code: number) => ({
  broken: `printf '#!/bin/sh\\nprintf "${said}"\\nexit ${code}\\n' >/usr/local/sbin/${name}; chmod 755 /usr/local/sbin/${name}`,
  mended: `rm /usr/local/sbin/${name}`,
});
const inGuest = (script: string) => `pct exec 900 -- bash -c '${script}'`;
const guestStub = (name: string, word: string, said: string, code: number) => ({
  broken: inGuest(
    `printf "#!/bin/bash\\\\n[[ \\" \\$* \\" != *\\" ${word} \\"* ]] || { echo \\"${said}\\" >&2; exit ${code}; }\\\\nexec /usr/bin/${name} \\"\\$@\\"\\\\n" >/usr/local/sbin/${name}; chmod 755 /usr/local/sbin/${name}`,
  ),
  mended: inGuest(`rm /usr/local/sbin/${name}`),
});
const bound = `ln -sfn ../../drivers/vfio-pci /sys/bus/pci/devices/${second}/driver`;
const unbound = `ln -sfn ../../drivers/nvidia /sys/bus/pci/devices/${second}/driver`;
const machine = (hostpci: string) =>
  `printf 'hostpci0: ${hostpci},pcie=1\\nname: runner\\n\\n[old]\\nhostpci0: ${first}\\n' >/etc/pve/qemu-server/950.conf`;
const noMachine = "rm /etc/pve/qemu-server/950.conf";
const either = "a GPU serves containers or one virtual machine.";
const failed = (name: string, code: keyof typeof reasons, last: string) => ({
  code,
  says: `feature_${name}.sh failed in CT 900 with exit code ${code}: ${reasons[code]} (${last})`,
});
const noApt = {
  broken: inGuest("mv /usr/bin/apt-get /usr/bin/apt-get.away"),
  mended: inGuest("mv /usr/bin/apt-get.away /usr/bin/apt-get"),
};
const noNetwork = guestStub("apt-get", "update", "E: Temporary failure resolving archive.ubuntu.com", 100);
const noSpace = guestStub(
  "apt-get",
  "install",
  "E: You do not have enough free space in /var/cache/apt",
  100,
);
/** As the original numbers them. */
const reasons = {
  2: "invalid input",
  3: "the container was not found",
  4: "the configuration of the host or of the guest does not permit it",
  5: "the installation failed",
  6: "the restart failed",
};

describe("GPUs in containers: shared, refused, and what fails inside", { skip: noLab }, () => {
  let node!: NvidiaNode;
  let cards!: string;
  before(async () => {
    node = await NvidiaNode.start(version);
    await node.put(blacklist, "blacklist nouveau\n");
    await node.restart();
    const create = (ctid: number, more = "") =>
      `pct create ${ctid} local:vztmpl/${template} --rootfs tank-lxc:8 --unprivileged 1 --hostname ct${ctid} --tags ${tag} ${more}`;
    await node.sh(
      "zpool create -f tank nvme2n1 && zfs create tank/lxc && pvesm add zfspool tank-lxc --pool tank/lxc --content rootdir && " +
        `pveam update >/dev/null; pveam download local ${template} && ${create(901, "--net0 name=eth0,bridge=vmbr0")} && ` +
        create(
          900,
          "--features nesting=1,keyctl=1 --net0 name=eth0,bridge=vmbr0,ip=10.0.0.50/24,gw=10.0.0.1",
        ),
    );
    const { result, stderr } = await node.step("install", config);
    assert.ok(result?.did?.includes(`installed the NVIDIA driver ${version}`), stderr);
    cards = (await node.sh("nvidia-smi -L")).trim().split("\n").join(";");
  });
  after(() => node.stop());

  const devices = async (ctid: number) =>
    (await node.sh(`sed -nE 's/^dev[0-9]+: ([^,]*).*/\\1/p' /etc/pve/lxc/${ctid}.conf`))
      .trim()
      .split("\n")
      .sort();
  const common = ["ctl", "-uvm", "-uvm-tools", "-caps/nvidia-cap1", "-caps/nvidia-cap2"].map(
    (end) => `/dev/nvidia${end}`,
  );

  it("two containers share a card, each by another of its names; named twice, it is there once", async () => {
    for (const [ctid, gpus] of [
      [900, ["0"]],
      [901, [first, "0", second]],
    ] as const) {
      const answer = await node.run(stepFile("configure"), configure([...gpus], ctid));
      assert.equal(answer.code, 0, answer.stderr);
      const again = await node.run(stepFile("configure"), configure([...gpus], ctid));
      assert.deepEqual(again.result?.did, []);
    }
    assert.deepEqual(await devices(900), [...common, "/dev/nvidia0"].sort());
    assert.deepEqual(await devices(901), [...common, "/dev/nvidia0", "/dev/nvidia1"].sort());
    await node.sh("pct start 900");
  });

  it("a card taken out by hand comes back, one that is not named goes, a device of another kind stays", async () => {
    const did = async (gpus: string[]) =>
      (await node.run(stepFile("configure"), configure(gpus))).result?.did;
    await node.sh(
      "mknod /dev/lab0 c 195 9; pct set 901 --dev9 /dev/lab0 && d=$(sed -n 's/^\\(dev[0-9]*\\): .dev.nvidia1,.*/\\1/p' /etc/pve/lxc/901.conf) && pct set 901 --delete $d",
    );
    assert.equal((await did([first, second]))?.length, 1);
    assert.deepEqual(await devices(901), ["/dev/lab0", ...common, "/dev/nvidia0", "/dev/nvidia1"].sort());
    assert.equal((await did([]))?.at(0), "CT 901: NVIDIA devices none");
    assert.deepEqual(await devices(901), ["/dev/lab0"]);
    await did(["0", "1"]);
  });

  it("a card of a running container: there at once, kept until the next stop, gone with one restart", async () => {
    const did = async (step: string, settings: object) => {
      const { code, result, stderr } = await node.run(stepFile(step), settings);
      assert.equal(code, 0, stderr);
      return result?.did;
    };
    const [control, caps] = [common.slice(0, 3), common.slice(3)];
    const both = [...control, "/dev/nvidia0", "/dev/nvidia1", ...caps].join(" ");
    const one = [...control, "/dev/nvidia0", ...caps].join(" ");
    const set = (gpus: string[]) => did("configure", configure(gpus, 900));
    const start = () => did("start", { ctid: 900, tag, interface: "eth0" });
    const inside = () => node.sh(inGuest("ls /dev | grep -x nvidia[0-9] | xargs"));
    const waits = () => node.sh("sed -n '/^\\[pve:pending\\]/,$p' /etc/pve/lxc/900.conf");

    assert.deepEqual(await set(["0", "1"]), [`CT 900: NVIDIA devices ${both}`]);
    assert.deepEqual([await start(), await inside(), await waits()], [[], "nvidia0 nvidia1\n", ""]);
    assert.deepEqual(await set(["0"]), [`CT 900: NVIDIA devices ${one}`]);
    assert.match(await waits(), /^\[pve:pending\]\ndelete: dev\d+\n/);
    assert.deepEqual(await set(["0"]), []);
    assert.deepEqual(await set(["0", "1"]), ["CT 900: /dev/nvidia1 stays, which was to go at its next stop"]);
    assert.deepEqual([await start(), await inside(), await waits()], [[], "nvidia0 nvidia1\n", ""]);
    await set(["0"]);
    assert.deepEqual(await start(), ["restarted CT 900"]);
    assert.deepEqual([await start(), await inside(), await waits()], [[], "nvidia0\n", ""]);
  });

  const refusals: Record<string, () => Omit<Failure, "step">> = {
    "a GPU that the node does not have": () => ({
      code: 2,
      settings: configure(["7"]),
      says: `CT 901 is to have GPU 7, which phoenix does not have: ${cards}. Correct gpu_assignment`,
    }),
    "a GPU that is bound to vfio-pci": () => ({
      code: 4,
      settings: configure([second]),
      broken: bound,
      mended: unbound,
      says:
        `CT 901 is to have GPU ${second}, which is bound to vfio-pci on phoenix: ${either} ` +
        "Correct gpu_assignment, or give the GPU back to the driver nvidia",
    }),
    "an index that a machine's GPU had": () => ({
      code: 2,
      settings: configure(["1"]),
      broken: `${bound}; ${machine("0000:02:00")}`,
      mended: `${unbound}; ${noMachine}`,
      says:
        `CT 901 is to have GPU 1, which phoenix does not have: ${cards.split(";")[0]}; ` +
        `${second} is bound to vfio-pci for VM 950 'runner'. Correct gpu_assignment`,
    }),
    "a GPU that a machine will take": () => ({
      code: 4,
      settings: configure(["0", "1"]),
      broken: machine("02:00.0"),
      mended: noMachine,
      says: `CT 901 is to have GPU 1 (${second}), which is passed through to VM 950 'runner': ${either} Take it out of one of the two`,
    }),
    "a GPU that a machine gives up at its next stop": () => ({
      code: 4,
      settings: configure(["0", "1"]),
      broken: `printf 'hostpci0: 02:00.0\\nname: runner\\n\\n[PENDING]\\ndelete: hostpci0\\n' >/etc/pve/qemu-server/950.conf`,
      mended: noMachine,
      says: `CT 901 is to have GPU 1 (${second}), which is passed through to VM 950 'runner': ${either} Take it out of one of the two`,
    }),
    "a GPU behind a mapping that a machine has": () => ({
      code: 4,
      settings: configure([second.toUpperCase()]),
      broken:
        `${machine("mapping=card")}; mkdir -p /etc/pve/mapping; ` +
        `printf 'other\\n\\tmap id=10de:2d04,node=phoenix,path=${first}\\n\\ncard\\n\\tmap id=10de:2d04,node=elsewhere,path=${first}\\n` +
        `\\tmap id=10de:2d04,iommugroup=15,node=phoenix,path=${second}\\n' >/etc/pve/mapping/pci.cfg`,
      mended: `${noMachine}; rm /etc/pve/mapping/pci.cfg`,
      says: `CT 901 is to have GPU ${second} (${second}), which is passed through to VM 950 'runner': ${either} Take it out of one of the two`,
    }),
    "a driver that does not work": () => ({
      code: 4,
      settings: configure(["0"]),
      ...stub(
        "nvidia-smi",
        "Failed to initialize NVML: Driver/library version mismatch\\\\nNVML library version: 570.86\\\\n",
        18,
      ),
      says:
        "CT 901 is assigned GPU 0, but nvidia-smi does not work on phoenix: " +
        "Failed to initialize NVML: Driver/library version mismatch;NVML library version: 570.86. " +
        "See 'systemctl status phoenix-nvidia'",
    }),
    "a device that is not there": () => ({
      code: 4,
      settings: configure(["0"]),
      broken:
        "d=$(sed -n 's/^\\(dev[0-9]*\\): .dev.nvidia-uvm,.*/\\1/p' /etc/pve/lxc/901.conf); pct set 901 --delete $d; mv /dev/nvidia-uvm /dev/away",
      mended: "mv /dev/away /dev/nvidia-uvm",
      says: "CT 901 is to have /dev/nvidia-uvm, which is not there on phoenix; see 'systemctl status phoenix-nvidia'",
    }),
  };
  for (const [cause, failure] of Object.entries(refusals)) {
    it(`gpus: ${cause}`, () => assertFails(node, { step: "configure", ...failure() }));
  }

  const inside: Record<string, Omit<Failure, "step">> = {
    "another version than the host's": {
      code: 4,
      settings: userSpace({ version: "570.86.16" }),
      says: `the NVIDIA driver of phoenix is not 570.86.16 (nvidia-smi: ${version}); CT 900 was left untouched`,
    },
    "a container that does not run": {
      code: 6,
      settings: userSpace({ ctid: 901 }),
      says: "CT 901 does not run; start it ('pct start 901'), then run again",
    },
    "an installer that is not at its address": {
      code: 5,
      settings: userSpace({ runfileUrl: "file:///srv/nosuch.run" }),
      broken: "mv /var/cache/phoenix /var/cache/away",
      mended: "rm -r /var/cache/phoenix; mv /var/cache/away /var/cache/phoenix",
      says:
        "the NVIDIA installer could not be fetched from file:///srv/nosuch.run: curl: (37) Couldn't open file /srv/nosuch.run " +
        "(curl 37); check nvidia_driver.runfile_url, the node's network and free space ('df -h /var/cache/phoenix'). Nothing was changed",
    },
    "a page in the installer's place": {
      code: 2,
      settings: userSpace({ runfileUrl: "file:///srv/page.run" }),
      broken: "mv /var/cache/phoenix /var/cache/away; echo '<html>' >/srv/page.run",
      mended: "rm -r /var/cache/phoenix /srv/page.run; mv /var/cache/away /var/cache/phoenix",
      says:
        "the file from file:///srv/page.run was refused and removed: it is not an undamaged .run installer; " +
        "correct nvidia_driver.runfile_url, version or runfile_sha256. Nothing was changed",
    },
    "a container whose disk is full": {
      code: 5,
      settings: userSpace(),
      ...{
        broken:
          'real=$(command -v pct); printf \'#!/bin/bash\\n[ "$1" != push ] || { echo No space left on device >&2; exit 0; }\\n' +
          'exec %s "$@"\\n\' $real >/usr/local/sbin/pct; chmod 755 /usr/local/sbin/pct',
        mended: "rm /usr/local/sbin/pct",
      },
      says: "the NVIDIA installer could not be copied into CT 900; is its disk full? ('pct exec 900 -- df -h')",
    },
  };
  for (const [cause, failure] of Object.entries(inside)) {
    it(`nvidia-driver: ${cause}`, () => assertFails(node, { step: "nvidia-driver", ...failure }));
  }

  const lists =
    "the package lists could not be fetched: Temporary failure resolving archive.ubuntu.com; does the container reach its repositories?";
  type Row = [
    name: string,
    cause: string,
    failure: Pick<Failure, "broken" | "mended">,
    told: Pick<Failure, "code" | "says">,
  ];
  const features: Row[] = [
    ...["base_setup", "nvidia", "docker"].flatMap((name): Row[] => [
      [
        name,
        "a system without apt",
        noApt,
        failed(
          name,
          2,
          `feature ${name} needs Debian or Ubuntu in the container; this one has Ubuntu 24.04 LTS`,
        ),
      ],
      [name, "no network", noNetwork, failed(name, 5, lists)],
    ]),
    [
      "base_setup",
      "no space",
      noSpace,
      failed("base_setup", 5, "packages could not be installed: curl gnupg git rsync jq vim htop s-tui"),
    ],
    [
      "base_setup",
      "a locale that cannot be made",
      stubbed("locale-gen"),
      failed("base_setup", 5, "the locale en_US.UTF-8 could not be made"),
    ],
    [
      "nvidia",
      "no space",
      noSpace,
      failed("nvidia", 5, "packages could not be installed: build-essential pkg-config libglvnd-dev"),
    ],
    ["nvidia", "no driver inside", {}, failed("nvidia", 5, "nvidia-smi is not in this container")],
    [
      "docker",
      "no space",
      noSpace,
      failed(
        "docker",
        5,
        "packages could not be installed: docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin",
      ),
    ],
    [
      "docker",
      "a container that cannot be run",
      guestStub("docker", "run", "OCI runtime create failed: permission denied", 125),
      failed(
        "docker",
        4,
        "Docker runs, but could not run a container; in one of Proxmox VE it needs nesting=1 and keyctl=1 in pct_options",
      ),
    ],
    [
      "docker",
      "an image that cannot be fetched",
      guestStub("docker", "run", "docker: Error response from daemon: toomanyrequests", 125),
      failed(
        "docker",
        5,
        "Docker runs, but the image hello-world could not be run: docker: Error response from daemon: toomanyrequests",
      ),
    ],
    [
      "docker",
      "a daemon.json that is broken",
      {
        broken: inGuest("mv /etc/docker/daemon.json /root/ && echo [1] >/etc/docker/daemon.json"),
        mended: inGuest("mv /root/daemon.json /etc/docker/"),
      },
      failed(
        "docker",
        2,
        "/etc/docker/daemon.json is no JSON object; mend it in the container ('jq . /etc/docker/daemon.json'), then run again",
      ),
    ],
  ];
  for (const [name, cause, failure, told] of features) {
    it(`feature ${name}: ${cause}`, () =>
      assertFails(node, { step: "in-guest", settings: feature(name), ...failure, ...told }));
  }

  it("base_setup and docker, converged and once more; what was taken out by hand comes back", async () => {
    const converge = async (name: string, did: RegExp[]) => {
      const first = await node.run(stepFile("in-guest"), feature(name));
      assert.equal(first.code, 0, first.stderr);
      assert.equal(first.result?.did?.length, did.length, first.stderr);
      did.forEach((line, index) => assert.match(first.result?.did?.[index] ?? "", line));
      assert.deepEqual((await node.run(stepFile("in-guest"), feature(name))).result?.did, []);
    };
    await converge("base_setup", [/made the locale en_US\.UTF-8/, /set LANG=en_US\.UTF-8/]);
    await node.sh("pct exec 900 -- bash -c 'apt-get -y remove htop && rm /etc/default/locale'");
    await converge("base_setup", [/installed htop/, /set LANG=en_US\.UTF-8/]);
    const config = "/etc/docker/daemon.json";
    await node.sh(`pct exec 900 -- bash -c 'rm ${config} && systemctl stop docker'`);
    await converge("docker", [/wrote \/etc\/docker\/daemon\.json/]);
    const daemon = async () => JSON.parse(await node.sh(`pct exec 900 -- cat ${config}`)) as unknown;
    const nvidia = { args: [], path: "nvidia-container-runtime" };
    assert.deepEqual(await daemon(), {
      "storage-driver": "overlay2",
      "default-runtime": "nvidia",
      runtimes: { nvidia },
    });
    assert.match(
      await node.sh("pct exec 900 -- cat /etc/nvidia-container-runtime/config.toml"),
      /^no-cgroups = true$/m,
    );
    assert.equal(await node.sh("pct exec 900 -- docker info -f {{.DefaultRuntime}}"), "nvidia\n");

    // Beside what somebody else wrote: his values stay, and each other than ours is told.
    const his = { "data-root": "/data", "default-runtime": "crun", runtimes: { crun: { path: "crun" } } };
    await node.sh(
      `pct exec 900 -- bash -c 'echo "$1" >${config}; chmod 600 ${config}' - '${JSON.stringify(his)}'`,
    );
    const { result, stderr } = await node.run(stepFile("in-guest"), feature("docker"));
    assert.deepEqual(result?.did, [`CT 900: wrote ${config}`], stderr);
    assert.deepEqual(
      stderr.split("\n").filter((line) => line.startsWith("warning: ")),
      [
        `warning: CT 900: ${config}: default-runtime is "crun", where the feature would set "nvidia"; it was kept: remove it there to have ours`,
      ],
    );
    assert.deepEqual(await daemon(), {
      ...his,
      "storage-driver": "overlay2",
      runtimes: { ...his.runtimes, nvidia },
    });
    assert.equal(await node.sh(`pct exec 900 -- stat -c %a ${config}`), "600\n");
    // Without a GPU only what is ours goes.
    const plain = featureScript(containerSpec({ ctid: 900 }), { name: "docker" }, { tag, stack: "test" });
    await node.run(stepFile("in-guest"), plain);
    assert.deepEqual(await daemon(), { ...his, "storage-driver": "overlay2" });
  });

  it("a repository of somebody else's that is dead: a warning with its name, and the packages are there", async () => {
    const list = "/etc/apt/sources.list.d/ppa.list";
    for (const [line, reason] of [
      [
        "deb http://ppa.gone.example/nobody/ubuntu noble main",
        "Failed to fetch http://ppa.gone.example/nobody/ubuntu/dists/noble/InRelease  Could not resolve 'ppa.gone.example'",
      ],
      [
        "deb http://archive.ubuntu.com/ubuntu warty main",
        "The repository 'http://archive.ubuntu.com/ubuntu warty Release' does not have a Release file.",
      ],
    ]) {
      await node.sh(`pct exec 900 -- bash -c 'apt-get -y remove htop && echo "${line}" >${list}'`);
      const { stderr, result } = await node.run(stepFile("in-guest"), feature("base_setup"));
      assert.deepEqual(result?.did, ["CT 900: installed htop"], stderr);
      assert.deepEqual(
        stderr.split("\n").filter((one) => one.startsWith("warning: ")),
        [`warning: CT 900: package lists could not be read: ${reason}`],
      );
    }
    await node.sh(`pct exec 900 -- rm ${list}`);
    // As the original has them, recommended packages come along; of nvtop, a driver of another version could.
    assert.equal(
      await node.sh(
        "pct exec 900 -- dpkg-query -W --showformat='${db:Status-Status}\\n' docker-ce-rootless-extras patch",
      ),
      "installed\ninstalled\n",
    );
  });

  it("feature nvidia: CUDA that is not what was asked for, after it was put right", async () => {
    const installed = await node.run(stepFile("nvidia-driver"), userSpace());
    assert.deepEqual(
      installed.result?.did,
      [`CT 900: NVIDIA user space none -> ${version}`],
      installed.stderr,
    );
    const look = async () => {
      const { result, stderr } = await node.run(stepFile("nvidia-driver-look"), userSpace());
      return (result as unknown as { deviations: string[] } | undefined)?.deviations ?? stderr;
    };
    assert.deepEqual(await look(), []);
    await node.sh("pct exec 900 -- mv /usr/bin/nvidia-smi /root");
    assert.deepEqual(await look(), [`CT 900 NVIDIA driver: is another one or none, wanted ${version}`]);
    await node.sh("pct exec 900 -- mv /root/nvidia-smi /usr/bin");
    const done = await node.run(stepFile("in-guest"), feature("nvidia"));
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual((await node.run(stepFile("in-guest"), feature("nvidia"))).result?.did, []);
    const settings = feature("nvidia");
    const nvcc = "/usr/local/cuda/bin/nvcc";
    await assertFails(node, {
      step: "in-guest",
      settings,
      broken: inGuest(
        `mv ${nvcc} /root; printf "#!/bin/sh\\necho Cuda compilation tools, release 12.4, V12.4.1\\n" >${nvcc}; chmod 755 ${nvcc}`,
      ),
      mended: inGuest(`mv /root/nvcc ${nvcc}`),
      ...failed("nvidia", 5, "nvcc is of CUDA 12.4, not 12.8"),
    });
    assert.deepEqual((await node.run(stepFile("in-guest"), settings)).result?.did, []);
  });

  it("the GPU check shows nvidia-smi's table, without what a terminal would act on", async () => {
    const settings = { ctid: 900, tag, retries: 1, interval: 1, timeLimit: 20, gpu: true };
    const { code, stderr } = await node.run(stepFile("health"), settings);
    assert.equal(code, 0, stderr);
    const table = (await node.sh("pct exec 900 -- nvidia-smi"))
      .split("\n")
      .filter((line) => line.startsWith("|"));
    assert.match(table[0] ?? "", /NVIDIA-SMI/);
    assert.deepEqual(
      stderr.split("\n").filter((line) => line.startsWith("|")),
      table,
    );
    const script = "#!/bin/sh\nprintf '\\033[31m'\nseq -f 'line %g' 50\n";
    const put = "cat >/usr/local/sbin/nvidia-smi; chmod 755 /usr/local/sbin/nvidia-smi";
    await node.exec(["pct", "exec", "900", "--", "sh", "-c", put], script);
    const long = await node.run(stepFile("health"), settings);
    await node.sh(inGuest("rm /usr/local/sbin/nvidia-smi"));
    const seen = long.stderr.split("\n").filter((line) => line.includes("line "));
    assert.deepEqual([seen.length, seen[0]], [40, "[31mline 1"]);
  });
});
/** In the container a command that does nothing. */
function stubbed(name: string) {
  return {
    broken: inGuest(`printf "#!/bin/sh\\n" >/usr/local/sbin/${name}; chmod 755 /usr/local/sbin/${name}`),
    mended: inGuest(`rm /usr/local/sbin/${name}`),
  };
}
