import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { card, create, fetchTemplate, net0, options, rootDisks, template, volumes } from "./container-node";
import { Looked } from "./guest-looks";
import { Node, noLab, tag } from "./node";

const ctid = 900;
const conf = `/etc/pve/lxc/${ctid}.conf`;

describe(
  "looks at a container: what somebody changed by hand is named, and put right",
  { skip: noLab },
  () => {
    let node!: Node;
    before(async () => {
      node = await Node.prepared();
      await node.sh(
        `${rootDisks} && ${volumes} && zfs create tank/data && mkdir -p /tank/data/models && ${fetchTemplate} && ` +
          create(ctid, `--hostname base --tags ${tag} --unprivileged 1 ${net0}`),
      );
    });
    after(() => node.stop());

    const look = (step: string, settings: object, script?: string) =>
      new Looked(node, "container", step, { ctid, tag, ...settings }, script);

    const configure = {
      diskGb: 8,
      protect: true,
      rawLines: ["lxc.idmap: u 0 100000 65536", "lxc.idmap: g 0 100000 65536", "lxc.cap.drop: sys_rawio"],
      hostIds: { users: ["1000:1"], groups: ["100:1"] },
      net0: card,
      values: { ...options, features: "nesting=1,keyctl=1" },
    };

    it("its configuration, value by value", async () => {
      await look("configure", configure).holds([
        { by: `pct set ${ctid} --memory 512`, found: ["CT 900 memory_mb: is 512, wanted 1024"] },
        { by: `pct set ${ctid} --swap 0`, found: ["CT 900 swap_mb: is 0, wanted 512"] },
        { by: `pct set ${ctid} --cores 7`, found: ["CT 900 cores: is 7, wanted 2"] },
        { by: `pct set ${ctid} --delete cores`, found: ["CT 900 cores: is not set, wanted 2"] },
        { by: `pct set ${ctid} --hostname other`, found: ["CT 900 name: is other, wanted base"] },
        { by: `pct set ${ctid} --onboot 1`, found: ["CT 900 start_at_boot: is true, wanted false"] },
        {
          by: `pct set ${ctid} --features nesting=1`,
          found: ["CT 900 pct_options: is nesting=1, wanted nesting=1,keyctl=1"],
        },
        {
          by: `pct set ${ctid} --startup order=3`,
          found: ["CT 900 boot_order, boot_delay: is order=3, wanted order=1,up=5,down=5"],
        },
        {
          by: `pct set ${ctid} --description mine`,
          found: ["CT 900 description: is edited by hand, wanted as Phoenix wrote it"],
        },
        {
          by: `pct set ${ctid} --net0 name=eth0,bridge=vmbr0,ip=10.0.0.9/24,hwaddr=52:54:00:AA:BB:CD,type=veth`,
          found: [
            "CT 900 network_config.ip: is 10.0.0.9/24, wanted 10.0.0.200/24",
            "CT 900 network_config.gw: is not set, wanted 10.0.0.1",
            "CT 900 mac_address: is 52:54:00:AA:BB:CD, wanted 52:54:00:AA:BB:CC",
          ],
        },
        {
          by: `pct set ${ctid} --delete net0`,
          found: [
            "CT 900 network_config.name: is not set, wanted eth0",
            "CT 900 network_config.bridge: is not set, wanted vmbr0",
            "CT 900 network_config.ip: is not set, wanted 10.0.0.200/24",
            "CT 900 network_config.gw: is not set, wanted 10.0.0.1",
            "CT 900 mac_address: is not set, wanted 52:54:00:AA:BB:CC",
            "CT 900 network card: is not set, wanted veth",
          ],
        },
        {
          by: `sed -i /cap.drop/d ${conf}`,
          found: ["CT 900 lxc_options: is without 'lxc.cap.drop: sys_rawio', wanted with it"],
        },
        {
          by: `sed -i 's/lxc.idmap: u 0 100000/lxc.idmap: u 0 200000/' ${conf}`,
          found: [
            "CT 900 lxc_options: is without 'lxc.idmap: u 0 100000 65536', wanted with it",
            "CT 900 lxc_options: is with 'lxc.idmap: u 0 200000 65536', wanted without it",
          ],
        },
        {
          by: `rm /var/lib/phoenix/guests/900.protected`,
          found: ["CT 900 protect: is not noted on phoenix, wanted true"],
        },
        {
          by: "sed -i /root:1000:1/d /etc/subuid",
          found: ["/etc/subuid: is without root:1000:1, wanted with it for CT 900"],
        },
        {
          by: "sed -i /root:100:1/d /etc/subgid",
          found: ["/etc/subgid: is without root:100:1, wanted with it for CT 900"],
        },
      ]);
    });

    it("a disk that is larger than its entry says is the refusal of the step", async () => {
      await node.sh(`pct resize ${ctid} rootfs 9G`);
      const settings = look("configure", configure);
      assert.deepEqual(await settings.look(), [
        "the root disk of CT 900 has 9G and cannot shrink to 8G: set storage_size_gb to 9 or more",
      ]);
    });

    it("what is not the entry's is somebody else's", async () => {
      await node.sh(
        `pct set ${ctid} --cpulimit 1 --tags '${tag};mine' --nameserver 9.9.9.9 --mp7 /srv,mp=/srv && echo 'lxc.mount.auto: sys' >> ${conf}`,
      );
      assert.deepEqual(await look("configure", { ...configure, diskGb: 9 }).look(), []);
    });

    const start = (over: object = {}) => ({
      interface: "eth0",
      restartWhenChanged: {
        hostname: "base",
        features: "keyctl=1,nesting=1",
        rawLines: configure.rawLines,
        mounts: { "/models": "rw /tank/data/models", "/var/lib/app": "rw" },
        ...over,
      },
    });
    const bind = { target: "/models", readOnly: false, source: "/tank/data/models" };
    const volume = {
      target: "/var/lib/app",
      readOnly: false,
      name: "app",
      storage: "tank-volumes",
      sizeGb: 2,
    };
    const mounts = { mounts: [bind, volume] };

    it("what is mounted", async () => {
      await look("mounts", mounts).holds([
        {
          by: `pct set ${ctid} --delete mp0`,
          found: ["CT 900 mount at /models: is missing, wanted of /tank/data/models"],
        },
        {
          by: `mkdir -p /srv/x && pct set ${ctid} --mp0 /srv/x,mp=/models`,
          found: ["CT 900 mount at /models: is of /srv/x, wanted of /tank/data/models"],
        },
        {
          by: `pct set ${ctid} --mp0 /tank/data/models,mp=/models,ro=1`,
          found: ["CT 900 read_only of the mount at /models: is true, wanted false"],
        },
        {
          by: `pct set ${ctid} --delete mp1`,
          found: ["CT 900 volume app: is not mounted at /var/lib/app, wanted there"],
        },
      ]);
      await node.sh("rmdir /tank/data/models");
      assert.deepEqual(await look("mounts", mounts).look(), [
        "CT 900: /tank/data/models, which is to be mounted at /models, is not a folder of phoenix",
      ]);
      await node.sh("mkdir /tank/data/models");
      assert.deepEqual(await look("mounts", { mounts: [bind, { ...volume, sizeGb: 3 }] }).look(), [
        "CT 900 size_gb of volume app: is 2, wanted 3",
      ]);
    });

    const set = (what: string) => `pct set ${ctid} ${what}`;

    it("that it runs; what another step puts right and only a start takes up is told with the restart", async () => {
      await node.sh(
        `sed -i '/lxc.mount.auto/d; /lxc.cap.drop/d; /lxc.idmap/d' ${conf}; echo > /var/lib/phoenix/guests/900.raw`,
      );
      const plain = { ...configure, diskGb: 9, rawLines: ["lxc.sysctl.net.core.somaxconn: 1024"] };
      await look("configure", plain).converge();
      const step = look("start", start({ rawLines: plain.rawLines }));
      await step.holds([
        { by: `pct stop ${ctid}`, found: ["CT 900: is stopped, wanted running"], did: ["started CT 900"] },
      ]);

      /** What is broken while it runs: what configure finds, and what start says of the restart. */
      const restarts = async (by: string, said: string, other = look("configure", plain)) => {
        await node.sh(by);
        assert.notDeepEqual(await other.look(), [], by);
        const found = await step.look();
        await other.converge();
        assert.deepEqual(found, [said], by);
        assert.deepEqual(await step.converge(), ["restarted CT 900"], by);
        assert.deepEqual([...(await other.look()), ...(await step.look())], [], by);
      };
      const without = (what: string) =>
        `CT 900: is running without its wanted ${what}, wanted restarted with it`;
      await restarts(set("--hostname other"), without("name"));
      await restarts(`sed -i /somaxconn/d ${conf}`, without("lxc_options"));
      await restarts(
        `${set("--features nesting=1")}; pct reboot ${ctid}; ${set("--hostname other")}`,
        without("name, pct_options"),
      );
      await restarts(
        `${set("--mp0 /tank/data/models,mp=/models,ro=1")}; pct reboot ${ctid}`,
        without("the mount at /models"),
        look("mounts", mounts),
      );

      // What only waits for the next stop is taken back: nothing restarts.
      for (const by of [
        set("--features nesting=1"),
        set("--mp0 /tank/data/models,mp=/models,ro=1"),
        set("--memory 700"),
      ]) {
        await node.sh(by);
        assert.deepEqual(await step.look(), [], by);
        await look("configure", plain).converge();
        await look("mounts", mounts).converge();
        assert.deepEqual(await step.converge(), [], by);
      }

      // The driver is gone: it is installed again first, for which the container is stopped and started.
      const withGpu = look("start", start({ rawLines: plain.rawLines, gpus: ["0"] }));
      assert.deepEqual(await withGpu.look(), []);
      await node.sh(set("--features nesting=1"));
      assert.deepEqual(await withGpu.look(), [
        "CT 900: is to be started with changes by hand once its driver is there, wanted restarted with its entry",
      ]);
      await node.sh(`pct reboot ${ctid}`);
      await look("configure", plain).converge();
      assert.deepEqual(await withGpu.converge(), ["restarted CT 900"]);
    });

    it("that one that is to be stopped is; the step start leaves that to the step power", async () => {
      const power = { state: "stopped", shutdownTimeout: 30, interface: "eth0" };
      await look("power", power).holds([
        {
          by: `pct start ${ctid}`,
          found: ["CT 900 state: is running, wanted stopped"],
          did: ["stopped CT 900"],
        },
        {
          by: "rm /var/lib/phoenix/guests/900.stopped",
          found: ["CT 900 state: is not noted on phoenix, wanted stopped"],
        },
      ]);
      assert.deepEqual(await look("start", start()).look(), []);
      await look("power", { ...power, state: "running" }).holds([
        {
          by: "touch /var/lib/phoenix/guests/900.stopped",
          found: ["CT 900 state: is noted as stopped on phoenix, wanted running"],
        },
      ]);
    });

    it("its firewall", async () => {
      const rule = "IN ACCEPT -p tcp -dport 22";
      const file = "/etc/pve/firewall/900.fw";
      await look("firewall", { enabled: true, rules: [rule] }).holds([
        {
          by: `echo 'IN DROP' >> ${file}`,
          found: [`${file}: is edited by hand, wanted as Phoenix wrote it`],
        },
        { by: `rm ${file}`, found: [`${file}: is missing, wanted as Phoenix wrote it`] },
      ]);
    });

    it("a folder that containers share", async () => {
      const folder = "/tank/data/shared";
      const shared = { path: folder, owner: "100000", mode: "775", holdOwner: true, holdMode: true };
      await look("shared-folder", shared).holds([
        {
          by: `chmod 700 ${folder}; chown 33:33 ${folder}`,
          found: [
            `shared folder ${folder} owner: is 33:33, wanted 100000:100000`,
            `shared folder ${folder} mode: is 700, wanted 775`,
          ],
          did: [`${folder}: owner 100000`, `${folder}: mode 775`],
        },
        {
          by: `rmdir ${folder}`,
          found: [`shared folder ${folder}: is missing, wanted there with owner 100000 and mode 775`],
          did: [`made ${folder}`],
        },
      ]);
      await node.sh(`chmod 700 ${folder}; chown 33:33 ${folder}`);
      assert.deepEqual(
        await look("shared-folder", { ...shared, holdOwner: false, holdMode: false }).look(),
        [],
      );
      await node.sh(`rmdir ${folder}; echo >${folder}`);
      assert.deepEqual(await look("shared-folder", shared).look(), [
        `shared folder ${folder} is a file on phoenix; nothing was changed`,
      ]);
    });

    it("a template's archive", async () => {
      await look("template", { storage: "local", file: template }).holds([
        {
          by: `rm /var/lib/vz/template/cache/${template}`,
          found: [`template local:vztmpl/${template}: is missing, wanted there`],
          did: [`downloaded template local:vztmpl/${template}`],
        },
      ]);
    });

    it("the snapshot that clones are made from", async () => {
      await node.sh(`pct stop ${ctid}; pct set ${ctid} --delete mp0; pct set ${ctid} --delete mp7`);
      await look("snapshot", { name: "ready", digest: "one" }).holds([
        { by: `pct delsnapshot ${ctid} ready`, found: ["CT 900 snapshot ready: is missing, wanted there"] },
        {
          by: `sed -i '/^\\[ready\\]/a snapstate: prepare' ${conf}; sed -i '1i lock: snapshot' ${conf}`,
          found: ["CT 900 snapshot ready: is cut off (prepare), wanted complete"],
          did: ["made snapshot 'ready' of CT 900"],
        },
      ]);
      await node.sh(`pct delsnapshot ${ctid} ready`);
    });

    it("what is installed inside: a mark of each step, that goes back with a snapshot, and what shows that it works", async () => {
      const script = {
        step: "application",
        name: "app.sh",
        script: "echo ran",
        seconds: 60,
        environment: {},
      };
      const application = look("in-guest", script);
      const feature = look("in-guest", {
        ...{ step: "feature-x", name: "feature_x.sh", seconds: 60, environment: {}, reports: true },
        script: `printf 'package %s\\nservice %s\\n' bash nosuch >>"$PHOENIX_PROOFS"`,
      });
      const hook = look("hook", { name: "hook", script: "true", config: {}, environment: {} });
      const inside = (command: string) => `pct exec ${ctid} -- sh -c '${command}'`;
      const steps = "/var/lib/phoenix/steps";
      await node.sh(`pct start ${ctid}; pct snapshot ${ctid} before`);
      await application.holds([
        {
          by: `pct stop ${ctid}; pct rollback ${ctid} before; pct start ${ctid}`,
          found: ["CT 900 step application: is not done in what the guest is now, wanted done"],
          did: ["CT 900: ran app.sh"],
        },
        {
          by: inside(`echo digest other >${steps}/application`),
          found: [
            "CT 900 step application: is done as of an earlier run in what the guest is now, wanted done as last run",
          ],
        },
      ]);
      await hook.holds([
        {
          by: inside(`rm ${steps}/hook`),
          found: ["CT 900 step hook: is not done in what the guest is now, wanted done"],
          did: ["ran hook hook for CT 900"],
        },
      ]);
      await feature.converge();
      assert.deepEqual(await feature.look(), [
        "CT 900 service nosuch: is not running, wanted running by its step feature-x",
      ]);
      await node.sh(inside(`echo package nosuch >>${steps}/feature-x`));
      assert.deepEqual(await feature.look(), [
        "CT 900 service nosuch: is not running, wanted running by its step feature-x",
        "CT 900 package nosuch: is not installed, wanted installed by its step feature-x",
      ]);
      assert.deepEqual(await application.look(), []);

      // A script that fails leaves no mark; one in a container that does not run is not looked for, and nothing starts it.
      const failing = look("in-guest", { ...script, script: "exit 3" });
      await assert.rejects(failing.converge());
      assert.deepEqual(await failing.look(), [
        "CT 900 step application: is not done in what the guest is now, wanted done",
      ]);
      await node.sh(`pct stop ${ctid}`);
      assert.deepEqual([...(await failing.look()), ...(await feature.look()), ...(await hook.look())], []);
      assert.match(await node.sh(`pct status ${ctid}`), /stopped/);
      await node.sh(`pct delsnapshot ${ctid} before`);
    });

    it("one that somebody moved to another CTID is not made a second time", async () => {
      const claim = look("claim", { hostname: "base", adopt: false });
      await claim.holds([]);
      await node.sh(
        `pct stop ${ctid}; pct snapshot ${ctid} moved; mv ${conf} /tmp/moved.conf; sed '/^mp/d; /^\\[/,$d; /^parent/d' /tmp/moved.conf > /etc/pve/lxc/911.conf`,
      );
      const refusal =
        "CT 900 (base) is CT 911 now: somebody moved it. No other is made in its place. Give its entry the id 911, or move it back; to have a new CT 900 instead, take the tag phoenix-test from CT 911 (pct set 911 --tags ...)";
      assert.deepEqual(await claim.look(), [refusal]);
      await assert.rejects(claim.converge(), (error: Error) => error.message.includes(refusal));
      await node.sh("pct set 911 --tags mine");
      assert.deepEqual(await claim.look(), []);
      assert.deepEqual(await claim.converge(), []);
      await node.sh(`rm /etc/pve/lxc/911.conf; echo 'name: machine' > /etc/pve/qemu-server/${ctid}.conf`);
      assert.deepEqual(await claim.look(), [
        "id 900 is taken by VM 'machine' on node 'phoenix'; it was left untouched. Give the entry another CTID.",
      ]);
    });
  },
);
