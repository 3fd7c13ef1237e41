// Backups of containers and machines: archives hold their files, and a restore brings them back.
import assert from "node:assert/strict";
import test from "node:test";
import { ALPINE, guestLab, skip } from "./guestLab";

const lab = guestLab();
const { sh, ok } = lab;
const newest = async (id: number) =>
  (
    await ok(`ls /var/lib/vz/dump | grep -E '^vzdump-[a-z]+-${id}-.*(tar|vma)(\\.(gz|zst))?$' | tail -n 1`)
  ).trim();
const said = (text: string) => text.split("\n").filter((line) => /^(INFO|ERROR): /.test(line));

test("a running container on ZFS: by a snapshot, without what is not in backups", { skip }, async () => {
  await ok(`mkdir -p /srv/shared; pct create 301 ${ALPINE} --rootfs ct:1 --hostname one --unprivileged 1 --tags mine \\
    --mp0 /srv/shared,mp=/shared --mp1 ct:1,mp=/srv/data,backup=1 --mp2 ct:1,mp=/srv/cache --description 'a: b'`);
  await ok("pct start 301");
  await ok(
    "pct exec 301 -- sh -c 'echo first >/root/file; ln -s ../../root/file /srv/data/link; echo data >/srv/data/x; echo cached >/srv/cache/x; echo t >/tmp/left'",
  );
  const { code, stdout } = await sh(
    "vzdump 301 --storage local --compress zstd --notes-template '{{guestname}} {{vmid}}' --exclude-path '/root/*.log'",
  );
  assert.equal(code, 0, stdout);
  const lines = said(stdout);
  for (const line of [
    "INFO: Starting Backup of VM 301 (lxc)",
    "INFO: status = running",
    "INFO: CT Name: one",
    "INFO: including mount point rootfs ('/') in backup",
    "INFO: excluding bind mount point mp0 ('/shared') from backup (not a volume)",
    "INFO: including mount point mp1 ('/srv/data') in backup",
    "INFO: excluding volume mount point mp2 ('/srv/cache') from backup (disabled)",
    "INFO: backup mode: snapshot",
    "INFO: create storage snapshot 'vzdump'",
    "INFO: cleanup temporary 'vzdump' snapshot",
    "INFO: Backup job finished successfully",
  ])
    assert.ok(lines.includes(line), `${line}\n${stdout}`);
  assert.doesNotMatch(await ok("cat /etc/pve/lxc/301.conf"), /lock|vzdump/);
  assert.equal(await ok("ls -A /var/lib/vz/dump | grep -cE '\\.(dat|tmp)$' || true"), "0\n");
  const file = await newest(301);
  const listed = JSON.parse(
    await ok(
      "pvesh get /nodes/localhost/storage/local/content --content backup --vmid 301 --output-format json",
    ),
  ) as Record<string, unknown>[];
  assert.deepEqual(
    listed.map(({ volid, notes, subtype, vmid }) => ({ volid, notes, subtype, vmid })),
    [{ volid: `local:backup/${file}`, notes: "one 301", subtype: "lxc", vmid: 301 }],
  );
  const members = (await ok(`tar -tf /var/lib/vz/dump/${file}`)).split("\n");
  for (const path of ["./etc/vzdump/pct.conf", "./root/file", "./srv/data/x"])
    assert.ok(members.includes(path), path);
  for (const path of ["./tmp/left", "./srv/cache/x"]) assert.ok(!members.includes(path), path);
  assert.match(await ok(`pvesm extractconfig local:backup/${file}`), /^#a%3A b\n[\s\S]*^tags: mine$/m);
});

test("a restore brings back the files, and destroys what the configuration names", { skip }, async () => {
  const archive = `local:backup/${await newest(301)}`;
  await ok("pct exec 301 -- sh -c 'echo second >/root/file; rm /srv/data/x'");
  assert.match(
    (await sh(`pct restore 301 ${archive} --storage ct`)).stderr,
    /^CT 301 already exists on node 'phoenix'$|already exists/m,
  );
  assert.match(
    (await sh(`pct restore 301 ${archive} --force 1 --storage ct`)).stderr,
    /can't overwrite running container/,
  );
  await ok("pct stop 301");
  const { code, stdout, stderr } = await sh(`pct restore 301 ${archive} --force 1 --storage ct`);
  assert.equal(code, 0, stdout + stderr);
  assert.match(
    stdout,
    new RegExp(
      `^recovering backed-up configuration from '${archive}'\nrestoring '${archive}' now\\.\\.\nextracting archive '/var/lib/vz/dump/.*'\nmerging backed-up and given configuration\\.\\.$`,
      "m",
    ),
  );
  const conf = await ok("cat /etc/pve/lxc/301.conf");
  assert.match(conf, /^#a%3A b\n/);
  assert.match(conf, /^tags: mine$/m);
  assert.match(conf, /^mp0: \/srv\/shared,mp=\/shared$/m);
  await ok("pct start 301");
  assert.equal(await ok("pct exec 301 -- cat /root/file /srv/data/x /srv/data/link"), "first\ndata\nfirst\n");
  assert.equal(await ok("pct exec 301 -- ls /srv/cache"), "");
  assert.equal(await ok("pct exec 301 -- stat -c %U:%a /root/file"), "root:644\n");
  assert.equal(await ok("pct exec 301 -- ls -A /etc/vzdump 2>/dev/null || true"), "");
});

test("explicit volumes go where the call says", { skip }, async () => {
  const archive = `local:backup/${await newest(301)}`;
  await ok("pvesm add dir more --path /srv/more --content rootdir,backup");
  await ok("pct stop 301");
  await ok(`pct restore 301 ${archive} --force 1 --rootfs more:2 --mp1 ct:3,mp=/srv/data,backup=1`);
  const conf = await ok("cat /etc/pve/lxc/301.conf");
  assert.match(conf, /^rootfs: more:301\/vm-301-disk-0\.raw,size=2G$/m);
  assert.match(conf, /^mp1: ct:subvol-301-disk-\d,mp=\/srv\/data,backup=1,size=3G$/m);
  assert.doesNotMatch(conf, /^mp[02]:/m);
});

test(
  "a container whose storage has no snapshots is suspended; a stopped one is read as it is",
  { skip },
  async () => {
    await ok("pct start 301");
    const { stdout } = await sh("vzdump 301 --compress gzip");
    for (const line of [
      "mode failure - some volumes do not support snapshots",
      "trying 'suspend' mode instead",
      "backup mode: suspend",
      "suspending guest",
      "resuming guest",
    ])
      assert.ok(said(stdout).includes(`INFO: ${line}`), stdout);
    const stop = await sh("vzdump 301 --mode stop --compress 0");
    for (const line of ["stopping virtual guest", "restarting vm"])
      assert.ok(said(stop.stdout).includes(`INFO: ${line}`), stop.stdout);
    assert.equal(await ok("pct status 301"), "status: running\n");
    assert.match(await newest(301), /\.tar(\.gz)?$/);
  },
);

test("retention removes what it does not keep, but never what is protected", { skip }, async () => {
  await ok("rm /var/lib/vz/dump/*; pct stop 301");
  await ok("touch /var/lib/vz/dump/vzdump-lxc-301-2026_01_0{1,2,3}-02_00_00.tar.zst");
  await ok("touch /var/lib/vz/dump/vzdump-lxc-301-2026_01_01-02_00_00.tar.zst.protected");
  const { stdout, code } = await sh("vzdump 301 --prune-backups keep-last=2");
  assert.equal(code, 0, stdout);
  assert.match(
    stdout,
    /INFO: prune older backups with retention: keep-last=2\n(.*\n)?INFO: pruned 1 backup\(s\) not covered by keep-retention policy\n/,
  );
  assert.equal((await ok("ls /var/lib/vz/dump | grep -c '\\.tar'")).trim(), "4");
  assert.match(
    (await sh("pvesm free local:backup/vzdump-lxc-301-2026_01_01-02_00_00.tar.zst")).stderr,
    /cannot remove protected volume/,
  );
});

test("what is refused", { skip }, async () => {
  const refused: [command: string, words: RegExp][] = [
    ["vzdump", /^vmid: property is missing$/m],
    ["vzdump 301 --all 1", /^all: option conflicts with option 'vmid'$/m],
    [
      "vzdump 301 --storage ct",
      /could not get storage information for 'ct': can't use storage 'ct' for backups - wrong content type/,
    ],
    ["vzdump 301 --storage nosuch", /could not activate storage 'nosuch': storage 'nosuch' does not exist/],
    ["vzdump 999", /ERROR: Backup of VM 999 failed - unable to find VM '999'/],
    ["pct set 301 --lock backup; vzdump 301", /ERROR: Backup of VM 301 failed - CT is locked \(backup\)/],
    [
      "pct unlock 301; pct restore 301 local:backup/vzdump-lxc-301-2026_01_03-02_00_00.tar.zst --force 1 --storage ct",
      /unable to restore CT 301 - /,
    ],
    [
      "pct restore 302 local:backup/nosuch.tar.zst --storage ct",
      /volume 'local:backup\/nosuch.tar.zst' does not exist/,
    ],
    [
      "pct restore 302 local:backup/vzdump-lxc-301-2026_01_03-02_00_00.tar.zst --storage local",
      /storage: storage 'local' does not support container directories/,
    ],
  ];
  for (const [command, words] of refused) {
    const { code, stdout, stderr } = await sh(command);
    assert.notEqual(code, 0, command);
    assert.match(stdout + stderr, words, command);
  }
});

test(
  "a machine: its disks, but for those that backups leave out, which stay without a place",
  { skip },
  async () => {
    await ok(
      "qm create 400 --name m --memory 512 --scsi0 ct:1 --scsi1 ct:1,backup=0 --net0 virtio,bridge=vmbr0 --tags mine --description 'x: y'",
    );
    const disk = async (n: number) => {
      const volid = (await ok(`qm config 400 | sed -n 's/^scsi${n}: ct:\\([^,]*\\).*/\\1/p'`)).trim();
      return `/dev/zvol/tank/ct/${volid}`;
    };
    assert.match(await disk(0), /vm-400-disk-0$/);
    const { code, stdout } = await sh("vzdump 400 --compress zstd");
    assert.equal(code, 0, stdout);
    for (const line of [
      /include disk 'scsi0' 'ct:vm-400-disk-0' 1G/,
      /exclude disk 'scsi1' 'ct:vm-400-disk-1' \(backup=no\)/,
      /backup mode: stop/,
    ])
      assert.match(stdout, line);
    const file = `local:backup/${await newest(400)}`;
    assert.match(await ok(`pvesm extractconfig ${file}`), /#qmdump#map:scsi0:drive-scsi0:ct:raw:\n$/);
    await ok("qm set 400 --memory 1024");
    assert.match(
      (await sh(`qmrestore ${file} 400`)).stderr,
      /unable to restore VM 400 - VM 400 already exists on node/,
    );
    const restored = await sh(`qmrestore ${file} 400 --force 1`);
    assert.equal(restored.code, 0, restored.stdout + restored.stderr);
    const conf = await ok("cat /etc/pve/qemu-server/400.conf");
    assert.match(conf, /^#scsi1%3A ct%3Avm-400-disk-1,backup=0,size=1G$/m);
    assert.match(conf, /^memory: 512$/m);
    assert.match(conf, /^unused0: ct:vm-400-disk-1$/m);
    assert.match(conf, /^tags: mine$/m);
  },
);
