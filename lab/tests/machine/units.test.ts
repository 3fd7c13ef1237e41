import { describe } from "node:test";
import { answers, session } from "./answers";
import { labForTests } from "./labUnderTest";

const jobFailed =
  "Job for once.service failed because the control process exited with error code.\n" +
  'See "systemctl status once.service" and "journalctl -xeu once.service" for details.\n';
const unit = (line: string, more = "") =>
  `printf '[Unit]\\nDescription=Once\\n[Service]\\nType=oneshot\\nRemainAfterExit=yes\\n${more}ExecStart=${line}\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/once.service`;
const wants = "/etc/systemd/system/multi-user.target.wants/once.service";

// Texts of systemd 257, as Debian 13 has it.
describe("units", () => {
  const lab = labForTests();
  const client = session(lab);

  describe("that are not there", () => {
    answers(client, [
      ["systemctl start nosuch", 5, "", "Failed to start nosuch.service: Unit nosuch.service not found.\n"],
      ["systemctl stop nosuch", 5, "", "Failed to stop nosuch.service: Unit nosuch.service not loaded.\n"],
      ["systemctl enable nosuch", 1, "", "Failed to enable unit: Unit nosuch.service does not exist\n"],
      ["systemctl is-enabled nosuch", 4, "not-found\n"],
      ["systemctl is-active nosuch ssh", 0, "inactive\nactive\n"],
      ["systemctl status nosuch", 4, "", "Unit nosuch.service could not be found.\n"],
      ["systemctl frobnicate", 1, "", "Unknown command verb 'frobnicate'.\n"],
      ["systemctl --frob start ssh", 1, "", "systemctl: the lab does not simulate --frob\n"],
      ["systemctl show -p LoadState --value nosuch", 0, "not-found\n"],
    ]);
  });

  describe("that a script writes", () => {
    answers(client, [
      [
        `${unit('/bin/sh -c "echo said; echo \\$NAME >>/root/ran"', "Environment=NAME=it\\n")}; systemctl daemon-reload; systemctl enable --now once; cat /root/ran; readlink ${wants}`,
        0,
        "it\n/etc/systemd/system/once.service\n",
        `Created symlink '${wants}' → '/etc/systemd/system/once.service'.\n`,
      ],
      [
        "systemctl is-active once; systemctl is-enabled once; systemctl start once; cat /root/ran",
        0,
        "active\nenabled\nit\n",
      ],
      [
        "systemctl show -p ActiveState,SubState,Result once",
        0,
        "ActiveState=active\nSubState=exited\nResult=success\n",
      ],
      [
        "journalctl -u once -o cat --no-pager",
        0,
        "Starting once.service - Once...\nsaid\nFinished once.service - Once.\n",
      ],
      [
        `${unit('/bin/sh -c "echo no luck >\\&2; exit 3"')}; systemctl restart once`,
        0,
        "",
        "Warning: The unit file, source configuration file or drop-ins of once.service changed on disk. Run 'systemctl daemon-reload' to reload units.\n",
      ],
      ["systemctl daemon-reload; systemctl restart once", 1, "", jobFailed],
      ["systemctl is-active once; systemctl is-failed once", 0, "failed\nfailed\n"],
      [
        "journalctl -u once -n 4 --no-pager -o cat",
        0,
        "no luck\nonce.service: Main process exited, code=exited, status=3/n/a\nonce.service: Failed with result 'exit-code'.\nFailed to start once.service - Once.\n",
      ],
      ["systemctl list-units --failed --no-legend --plain", 0, "once.service loaded failed failed Once\n"],
      [`${unit("/nosuch/program")}; systemctl daemon-reload; systemctl start once`, 1, "", jobFailed],
      [
        "journalctl -u once -n 4 -o cat | head -n 1",
        0,
        "once.service: Failed at step EXEC spawning /nosuch/program: No such file or directory\n",
      ],
      [
        "systemctl mask once",
        1,
        "",
        "Failed to mask unit: File '/etc/systemd/system/once.service' already exists.\n",
      ],
      ["systemctl disable once; systemctl is-enabled once", 1, "disabled\n", `Removed '${wants}'.\n`],
      [
        "printf '[Service]\\nExecStart=/bin/sleep 300\\n' >/run/systemd/system/long.service; systemctl start long && pgrep -cf '/bin/sleep 300$'; systemctl stop long; pgrep -cf '/bin/sleep 300$'",
        1,
        "1\n0\n",
      ],
    ]);
  });

  describe("of packages", () => {
    answers(client, [
      [
        "echo nonsense >>/etc/chrony/chrony.conf; systemctl restart chrony",
        1,
        "",
        jobFailed.replaceAll("once", "chrony"),
      ],
      [
        // What stands above it in the file is the machine's that the lab runs on, where that has chrony too.
        "journalctl -u chrony -n 4 -o cat | head -n 1 | sed 's/line [0-9]*/line N/'; chronyc tracking",
        1,
        "Fatal error : Invalid directive at line N in file /etc/chrony/chrony.conf\n506 Cannot talk to daemon\n",
      ],
      [
        "sed -i /nonsense/d /etc/chrony/chrony.conf; systemctl restart chrony; systemctl is-active chrony; chronyc tracking | head -n 1",
        0,
        "active\nReference ID    : C0A80101 (ntp.lab)\n",
      ],
      [
        "systemctl mask cron; systemctl stop cron; systemctl start cron",
        1,
        "",
        "Created symlink '/etc/systemd/system/cron.service' → '/dev/null'.\nFailed to start cron.service: Unit cron.service is masked.\n",
      ],
      [
        "systemctl unmask cron; systemctl start cron; systemctl is-active cron",
        0,
        "active\n",
        "Removed '/etc/systemd/system/cron.service'.\n",
      ],
      [
        "systemctl reload cron",
        1,
        "",
        "Failed to reload cron.service: Job type reload is not applicable for unit cron.service.\n",
      ],
    ]);
  });
});
