// What a container of Ubuntu's template answers: init, network, packages and units of its own.
import assert from "node:assert/strict";
import test from "node:test";
import { guestLab, skip } from "./guestLab";

const { sh, ok } = guestLab();
const UBUNTU = "ubuntu-24.04-standard_24.04-2_amd64.tar.zst";
const inside = (script: string) => `pct exec 401 -- bash -c '${script}'`;

test(
  "init is starting, then running; the network comes after the start",
  { skip, timeout: 60_000 },
  async () => {
    await ok(`pveam download local ${UBUNTU} >/dev/null 2>&1; pct create 401 local:vztmpl/${UBUNTU} --rootfs ct:1 \
    --features nesting=1 --cores 3 --memory 1024 --net0 name=eth0,bridge=vmbr0,ip=10.0.0.50/24,gw=10.0.0.1`);
    const wait = "until state=$(systemctl is-system-running); do echo $state; sleep 0.1; done; echo $state";
    const seen = await ok(`pct start 401 && ${inside(wait)}`);
    assert.match(seen, /^(starting\n)*running\n$/);
    assert.equal(await ok(inside("ip route show default")), "default via 10.0.0.1 dev eth0 proto static \n");
    assert.equal(
      await ok(inside("ip -o -4 addr show eth0")),
      "2: eth0    inet 10.0.0.50/24 scope global eth0\n".replace("2:", "1:"),
    );
    assert.equal(await ok(inside(". /etc/os-release; echo $ID $VERSION_ID")), "ubuntu 24.04\n");
    assert.equal((await sh(inside("getent hosts nosuch.example.org"))).code, 2);
  },
);

test("limits are seen inside and follow a change at once", { skip }, async () => {
  assert.equal(await ok(inside("nproc; grep MemTotal /proc/meminfo")), "3\nMemTotal:        1048576 kB\n");
  assert.equal(await ok("cat /sys/fs/cgroup/lxc/401/{memory.max,cpu.max}"), "1073741824\nmax 100000\n");
  assert.equal(await ok(inside("cat /sys/fs/cgroup/memory.max")), "max\n");
  await ok("pct set 401 --cores 2 --memory 2048 --cpulimit 1.5");
  assert.equal(await ok(inside("nproc; grep MemTotal /proc/meminfo")), "2\nMemTotal:        2097152 kB\n");
  assert.equal(await ok("cat /sys/fs/cgroup/lxc/401/cpu.max"), "150000 100000\n");
});

test(
  "packages are the guest's own, in its volume: a clone has them, the node does not",
  { skip, timeout: 60_000 },
  async () => {
    assert.equal((await sh(inside("command -v curl"))).code, 1);
    const missing = await sh(inside("apt-get install -y nosuch"));
    assert.deepEqual([missing.code, missing.stderr], [100, "E: Unable to locate package nosuch\n"]);
    await ok(inside("apt-get update && apt-get install -y curl"));
    assert.equal(
      await ok(inside("command -v curl; dpkg-query -W curl")),
      "/usr/bin/curl\ncurl\t8.5.0-2ubuntu10\n",
    );
    assert.equal(
      await ok("find /tank/ct/subvol-401-disk-0 -name .lab-work -prune -o -uid 0 ! -type c -print"),
      "",
    );
    await ok("pct stop 401 && pct snapshot 401 s1 && pct clone 401 402 --snapname s1 && pct start 402");
    assert.equal(await ok("pct exec 402 -- dpkg-query -W curl"), "curl\t8.5.0-2ubuntu10\n");
    assert.equal(await ok("pct start 401 && pct exec 401 -- systemctl is-active cron"), "active\n");
  },
);

test(
  "Docker runs in a container with nesting, and says why not in one without",
  { skip, timeout: 60_000 },
  async () => {
    const source =
      "deb [signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/ubuntu noble stable";
    for (const id of [401, 402])
      await ok(`pct exec ${id} -- bash -c 'curl -fsSL https://download.docker.com/linux/ubuntu/gpg -o /etc/apt/keyrings/docker.asc &&
      echo "${source}" >/etc/apt/sources.list.d/docker.list && apt-get update && apt-get install -y docker-ce'`);
    assert.match(await ok("pct exec 401 -- docker run --rm hello-world"), /Hello from Docker!/);
    await ok("pct stop 402 && pct set 402 --delete features && pct start 402");
    const refused = await sh("pct exec 402 -- docker run --rm hello-world");
    assert.equal(refused.code, 125);
    assert.match(refused.stderr, /error mounting "proc" to rootfs at "\/proc".*permission denied/);
    await ok("pct exec 401 -- systemctl stop docker");
    assert.match((await sh("pct exec 401 -- docker info")).stderr, /^Cannot connect to the Docker daemon/);
  },
);

test("a device that the cgroup does not allow cannot be opened in a privileged guest", { skip }, async () => {
  await ok("mknod /dev/lab0 c 195 0; mknod /dev/lab1 c 195 1");
  await ok(`pct create 403 local:vztmpl/${UBUNTU} --rootfs ct:1 --unprivileged 0`);
  await ok(`printf '%s\\n' 'lxc.mount.entry: /dev/lab0 dev/lab0 none bind,create=file' \
    'lxc.mount.entry: /dev/lab1 dev/lab1 none bind,create=file' 'lxc.cgroup2.devices.allow: c 195:1 rwm' >>/etc/pve/lxc/403.conf`);
  await ok("pct start 403");
  // What the kernel says to each: no right, and no driver.
  assert.match((await sh("pct exec 403 -- bash -c ': </dev/lab0'")).stderr, /Permission denied/);
  assert.match((await sh("pct exec 403 -- bash -c ': </dev/lab1'")).stderr, /No such device or address/);
});
