// Units that only a file in a container describes: their programs run in the container and end with it.
import assert from "node:assert/strict";
import test from "node:test";
import { guestLab, skip } from "./guestLab";

const { sh, ok } = guestLab();
const UBUNTU = "ubuntu-24.04-standard_24.04-2_amd64.tar.zst";
const inside = (script: string) => `pct exec 411 -- bash -c '${script}'`;
const unit = (name: string, text: string) =>
  `pct exec 411 -- bash -c 'cat >/etc/systemd/system/${name}.service && systemctl daemon-reload' <<'EOT'\n${text}\nEOT`;

/** How many processes of the node are the service's program. */
const left = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c '[/]opt/app/serve' || true";

test("a service runs in the container as its root, with its folder and variables", { skip }, async () => {
  await ok(`pveam download local ${UBUNTU} >/dev/null 2>&1; pct create 411 local:vztmpl/${UBUNTU} --rootfs ct:1 \
    --hostname app && pct start 411`);
  await ok(`pct exec 411 -- bash -c 'mkdir -p /opt/app && cat >/opt/app/serve && chmod 755 /opt/app/serve' <<'EOT'
#!/bin/bash
echo "serving $PORT on $(hostname) in $PWD"
echo "$PORT" >/opt/app/port
exec -a /opt/app/serve sleep infinity
EOT`);
  await ok(
    unit(
      "app",
      `[Unit]
Description=An application
[Service]
Environment=PORT=8080
WorkingDirectory=/opt/app
ExecStart=/opt/app/serve
[Install]
WantedBy=multi-user.target`,
    ),
  );
  await ok(inside("systemctl enable --now app"));
  assert.equal(
    await ok(inside("systemctl is-active app; until [ -s /opt/app/port ]; do :; done")),
    "active\n",
  );
  assert.equal(await ok("stat -c %u:%g /tank/ct/subvol-411-disk-0/opt/app/port"), "100000:100000\n");
  assert.match(
    await ok(inside("journalctl -u app --no-pager")),
    /serve\[\d+\]: serving 8080 on app in \/opt\/app\n/,
  );
  const programs = 'for process in /proc/[0-9]*; do tr "\\0" " " <$process/cmdline; echo; done';
  assert.equal(await ok(inside(`${programs} | grep -c "^/opt/app/serve infinity"`)), "1\n");
});

test("a stop ends its program; one that fails says so in systemd's words", { skip }, async () => {
  await ok(inside("systemctl stop app"));
  assert.equal((await sh(inside("systemctl is-active app"))).stdout, "inactive\n");
  assert.equal(await ok(left), "0\n");
  await ok(unit("broken", '[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo no licence; exit 3"'));
  const { code, stderr } = await sh(inside("systemctl start broken"));
  assert.deepEqual(
    [code, stderr],
    [
      1,
      "Job for broken.service failed because the control process exited with error code.\n" +
        'See "systemctl status broken.service" and "journalctl -xeu broken.service" for details.\n',
    ],
  );
  assert.match(await ok(inside("journalctl -u broken --no-pager")), /sh\[\d+\]: no licence\n/);
});

test(
  "User= runs the program as that user; one that is not there is an error of step USER",
  { skip },
  async () => {
    await ok(
      unit(
        "whose",
        '[Service]\nType=oneshot\nUser=www-data\nExecStart=/bin/sh -c "echo I am $(id -u):$(id -g) $USER in $PWD"',
      ),
    );
    await ok(inside("systemctl start whose"));
    assert.match(
      await ok(inside("journalctl -u whose --no-pager")),
      /sh\[\d+\]: I am 33:33 www-data in \/\n/,
    );
    await ok(unit("nobodys", "[Service]\nUser=nosuch\nExecStart=/bin/sleep infinity"));
    assert.equal((await sh(inside("systemctl start nobodys"))).code, 1);
    assert.match(
      await ok(inside("journalctl -u nobodys --no-pager")),
      /nobodys\.service: Failed at step USER spawning \/bin\/sleep: No such process\n.*status=217\/USER\n/,
    );
  },
);

test("what is enabled starts with the container and ends with it", { skip }, async () => {
  await ok("rm /tank/ct/subvol-411-disk-0/opt/app/port; pct stop 411; pct start 411");
  assert.equal(
    await ok(inside("systemctl is-active app; until [ -s /opt/app/port ]; do :; done")),
    "active\n",
  );
  assert.notEqual(await ok(left), "0\n");
  await ok("pct stop 411");
  assert.equal(await ok(left), "0\n");
  assert.equal((await sh("pct status 411")).stdout, "status: stopped\n");
});
