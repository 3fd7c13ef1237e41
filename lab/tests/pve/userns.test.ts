// Unprivileged containers live in a user namespace: who owns what, seen from the node and from inside.
import assert from "node:assert/strict";
import test from "node:test";
import { ALPINE, guestLab, skip } from "./guestLab";

const { sh, ok } = guestLab();

test("an unprivileged guest's files belong to 100000 on the node and to root inside", { skip }, async () => {
  await ok(
    `pct create 301 ${ALPINE} --rootfs ct:1 --mp0 ct:1,mp=/var/lib/data --hostname mapped && pct start 301`,
  );
  assert.equal(await ok("pct exec 301 -- cat /proc/self/uid_map | xargs"), "0 100000 65536\n");
  assert.equal(await ok("pct exec 301 -- cat /proc/self/gid_map | xargs"), "0 100000 65536\n");
  assert.equal(
    await ok("pct exec 301 -- stat -c %u:%g / /etc/shadow /usr/bin/env /var/lib/data | xargs"),
    "0:0 0:0 0:0 0:0\n",
  );
  const volume = "/tank/ct/subvol-301-disk";
  assert.equal(
    await ok(`stat -c %u:%g ${volume}-0 ${volume}-0/etc/shadow ${volume}-0/etc/hostname ${volume}-1 | xargs`),
    "100000:100000 100000:100000 100000:100000 100000:100000\n",
  );
  await ok(
    "pct exec 301 -- sh -c 'echo x >/root/mine && chown 33:33 /root/mine && rm /usr/bin/env && cp /usr/bin/true /usr/bin/own'",
  );
  assert.equal(
    await ok(`stat -c %u:%g ${volume}-0/root/mine ${volume}-0/usr/bin/own | xargs`),
    "100033:100033 100000:100000\n",
  );
  assert.equal(
    await ok(`find ${volume}-0 ${volume}-1 -name .lab-work -prune -o -uid 0 ! -type c -print | wc -l`),
    "0\n",
  );
});

test("a privileged guest's files are root's on both sides", { skip }, async () => {
  await ok(`pct create 302 ${ALPINE} --rootfs ct:1 --unprivileged 0 && pct start 302`);
  assert.equal(await ok("pct exec 302 -- cat /proc/self/uid_map | xargs"), "0 0 4294967295\n");
  assert.equal(
    await ok("stat -c %u /tank/ct/subvol-302-disk-0/etc/shadow; pct exec 302 -- stat -c %u /etc/shadow"),
    "0\n0\n",
  );
});

test("a bind mount is not shifted: the node's root is nobody inside, 100000 is root", { skip }, async () => {
  await ok(
    "mkdir -p /srv/share && echo a >/srv/share/node && echo b >/srv/share/mapped && chown 100000:100000 /srv/share/mapped",
  );
  await ok(`pct create 303 ${ALPINE} --rootfs ct:1 --mp0 /srv/share,mp=/share && pct start 303`);
  assert.equal(
    await ok("pct exec 303 -- stat -c %u:%g:%U /share/node /share/mapped | xargs"),
    "65534:65534:nobody 0:0:root\n",
  );
  const { code, stderr } = await sh("pct exec 303 -- sh -c 'echo c >>/share/node'");
  assert.deepEqual([code, stderr], [2, "sh: 1: cannot create /share/node: Permission denied\n"]);
  await ok("pct exec 303 -- sh -c 'echo c >>/share/mapped'");
  assert.equal(await ok("cat /srv/share/mapped"), "b\nc\n");
});

test("own lxc.idmap lines need their ranges in /etc/subuid and /etc/subgid", { skip }, async () => {
  await ok(`pct create 304 ${ALPINE} --rootfs ct:1 --mp0 /srv/share,mp=/share`);
  await ok(`for kind in u g; do
    printf 'lxc.idmap: %s 0 100000 1000\\nlxc.idmap: %s 1000 1000 1\\nlxc.idmap: %s 1001 101001 64535\\n' $kind $kind $kind
  done >>/etc/pve/lxc/304.conf`);
  const refused = await sh("pct start 304");
  assert.equal(refused.code, 255);
  assert.deepEqual(refused.stderr.split("\n"), [
    'lxc_map_ids: 245 newuidmap failed to write mapping "newuidmap: uid range [1000-1001) -> [1000-1001) not allowed": newuidmap 10304 0 100000 1000 1000 1000 1 1001 101001 64535',
    "lxc_spawn: 1800 Failed to set up id mapping.",
    '__lxc_start: 2119 Failed to spawn container "304"',
    "startup for container '304' failed",
    "",
  ]);
  await ok("echo root:1000:1 >>/etc/subuid");
  assert.match(
    (await sh("pct start 304")).stderr,
    /^lxc_map_ids: 245 newgidmap failed to write mapping "newgidmap: gid range/,
  );
  await ok("echo root:1000:1 >>/etc/subgid && chown 1000:1000 /srv/share/node && pct start 304");
  assert.equal(
    await ok("pct exec 304 -- cat /proc/self/uid_map | xargs"),
    "0 100000 1000 1000 1000 1 1001 101001 64535\n",
  );
  assert.equal(await ok("pct exec 304 -- stat -c %u:%g /share/node /etc/passwd | xargs"), "1000:1000 0:0\n");
});

test("maps that overlap are warned about and refused by the kernel", { skip }, async () => {
  await ok(
    "pct stop 304 && sed -i 's/^lxc.idmap: u 1000 1000 1$/lxc.idmap: u 999 1000 1/' /etc/pve/lxc/304.conf",
  );
  const { code, stderr } = await sh("pct start 304");
  assert.equal(code, 255);
  assert.equal(
    stderr.split("\n")[0],
    "lxc.idmap: invalid map entry 'u 999 1000 1': container uid 999 is also mapped by entry 'u 0 100000 1000'",
  );
  assert.equal(stderr.split("\n").at(-2), "startup for container '304' failed");
  await ok("sed -i '/^lxc.idmap: u 999/s/.*/lxc.idmap: u x/' /etc/pve/lxc/304.conf");
  assert.deepEqual(
    (await sh("pct start 304")).stderr.split("\n").at(-2),
    "command 'systemctl start pve-container@304' failed: exit code 1",
  );
});

test("push and pull: owners, modes and names of either side", { skip }, async () => {
  await ok(
    "printf 'bin\\0ary' >/tmp/in && pct push 301 /tmp/in /root/new && pct push 301 /tmp/in /root/set --perms 600 --user www-data --group 100",
  );
  assert.equal(
    await ok("pct exec 301 -- stat -c %u:%g:%a /root/new /root/set | xargs"),
    "0:0:644 33:100:600\n",
  );
  assert.equal(await ok("stat -c %u:%g /tank/ct/subvol-301-disk-0/root/set"), "100033:100100\n");
  await ok("pct exec 301 -- chmod 711 /root/new && pct push 301 /etc/hostname /root/new");
  assert.equal(await ok("pct exec 301 -- stat -c %a /root/new"), "711\n");
  await ok("pct pull 301 /root/set /tmp/out --perms 0640 && cmp /tmp/in /tmp/out");
  assert.equal(await ok("stat -c %u:%g:%a /tmp/out"), "0:0:640\n");
  assert.equal(
    (await sh("pct push 301 /tmp/in /root/x --user nosuch")).stderr,
    "failed to get uid for: nosuch\n",
  );
  assert.equal(
    (await sh("pct push 301 /tmp/in /root/x --user 70000")).stderr,
    "failed to change file owner: Invalid argument\n",
  );
});

test("clones keep owners, also of a snapshot and to another storage", { skip }, async () => {
  await ok(
    "zfs create tank/other && pvesm add zfspool other --pool tank/other --content rootdir && pct stop 301 && pct snapshot 301 base",
  );
  await ok(
    "pct start 301 && pct exec 301 -- rm /root/mine && pct clone 301 305 --snapname base --storage other",
  );
  assert.equal(await ok("pct config 305 | grep ^rootfs"), "rootfs: other:subvol-305-disk-0,size=1G\n");
  assert.equal(
    await ok("stat -c %u:%g /tank/other/subvol-305-disk-0/root/mine /tank/other/subvol-305-disk-0 | xargs"),
    "100033:100033 100000:100000\n",
  );
  assert.equal(await ok("zfs list -H -o name -r tank/ct | grep -c lab-clone || true"), "0\n");
});
