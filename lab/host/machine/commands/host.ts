/** Small commands about the host as a whole. */
import type { Command, CommandTable, Host } from "../../types";

/** Units that run on a fresh node. */
const nodeUnits = [
  "pvedaemon",
  "pveproxy",
  "pvestatd",
  "pve-cluster",
  "pve-firewall",
  "ssh",
  "cron",
  "chrony",
  "zfs.target",
  "zfs-mount",
];

interface Unit {
  active: boolean;
  enabled: boolean;
}

/** State of a unit; undefined when there is no such unit. */
function unit(host: Host, name: string): Unit | undefined {
  const changed = host.store.get<Record<string, Unit>>("units", {});
  return changed[name] ?? (nodeUnits.includes(name) ? { active: true, enabled: true } : undefined);
}

/** Changes a unit, or makes it known. */
function setUnit(host: Host, name: string, change: Partial<Unit>): void {
  const units = host.store.get<Record<string, Unit>>("units", {});
  const before = unit(host, name) ?? { active: false, enabled: false };
  host.store.set("units", { ...units, [name]: { ...before, ...change } });
}

const changes: Record<string, Partial<Unit>> = {
  start: { active: true },
  restart: { active: true },
  reload: { active: true },
  "reload-or-restart": { active: true },
  "try-restart": {},
  stop: { active: false },
  enable: { enabled: true },
  disable: { enabled: false },
};

const systemctl: Command = async (host, call) => {
  const options = call.args.filter((word) => word.startsWith("-"));
  const refused = options.find(
    (word) => !["--now", "--quiet", "-q", "--no-pager", "--system"].includes(word),
  );
  const [verb = "", ...names] = call.args.filter((word) => !word.startsWith("-"));
  if (refused !== undefined) return { code: 1, stderr: `systemctl: the lab does not simulate ${refused}\n` };
  const quiet = options.includes("-q") || options.includes("--quiet");
  if (verb === "daemon-reload") return { code: 0 };
  const units = names.map((name) => name.replace(/\.service$/, ""));
  if (verb === "is-active" || verb === "is-enabled") {
    const words = units.map((name) => {
      const found = unit(host, name);
      if (verb === "is-active") return found?.active ? "active" : "inactive";
      return found === undefined ? "not-found" : found.enabled ? "enabled" : "disabled";
    });
    const good = words.some((word) => word === "active" || word === "enabled");
    const code = good ? 0 : verb === "is-active" ? 3 : words.includes("not-found") ? 4 : 1;
    return { code, stdout: quiet ? "" : words.map((word) => `${word}\n`).join("") };
  }
  const change = changes[verb];
  if (change === undefined)
    return { code: 1, stderr: `systemctl: the lab does not simulate ${verb === "" ? "no command" : verb}\n` };
  if (units.length === 0) return { code: 1, stderr: "Too few arguments.\n" };
  for (const name of units) {
    if (unit(host, name) === undefined) {
      const stderr =
        "enabled" in change
          ? `Failed to ${verb} unit: Unit ${name}.service does not exist\n`
          : `Failed to ${verb} ${name}.service: Unit ${name}.service not found.\n`;
      return { code: "enabled" in change ? 1 : 5, stderr };
    }
    await host.latency(`systemctl ${verb}`);
    const now = options.includes("--now") && change.enabled !== undefined ? { active: change.enabled } : {};
    setUnit(host, name, { ...change, ...now });
  }
  return { code: 0 };
};

const updateInitramfs: Command = async (host, call) => {
  if (!call.args.includes("-u"))
    return { code: 1, stderr: `update-initramfs: the lab only simulates -u, not ${call.args.join(" ")}\n` };
  await host.latency("update-initramfs");
  return { code: 0, stdout: "update-initramfs: Generating /boot/initrd.img-6.17.4-1-pve\n" };
};

const sysctl: Command = (host, call) => {
  if (
    call.args.some(
      (word) => word.startsWith("-w") || word.includes("=") || ["-p", "--system", "--load"].includes(word),
    )
  ) {
    return {
      code: 1,
      stderr: `sysctl: the lab does not simulate changing kernel parameters (${call.args.join(" ")})\n`,
    };
  }
  return { code: 1, stderr: `sysctl: the lab does not simulate this; read /proc/sys (${host.node})\n` };
};

/** Only the graphics cards are on the host's bus. */
const lspci: Command = (host, call) => {
  const refused = call.args.find((word) => !["-nn", "-n", "-D", "-nnD", "-Dnn"].includes(word));
  if (refused !== undefined) return { code: 1, stderr: `lspci: the lab does not simulate ${refused}\n` };
  const numbers = call.args.some((word) => word.includes("nn"));
  const full = call.args.some((word) => word.includes("D"));
  const lines = host.machine.gpus.flatMap(({ pci, model }) => {
    const slot = full ? pci : pci.replace(/^0000:/, "");
    const name = `NVIDIA Corporation ${model.replace(/^NVIDIA /, "")}`;
    return [
      `${slot} VGA compatible controller${numbers ? " [0300]" : ""}: ${name}${numbers ? " [10de:2d04]" : ""} (rev a1)`,
      `${slot.replace(/0$/, "1")} Audio device${numbers ? " [0403]" : ""}: NVIDIA Corporation Device${numbers ? " [10de:22eb]" : ""} (rev a1)`,
    ];
  });
  return { code: 0, stdout: lines.map((line) => `${line}\n`).join("") };
};

export const hostCommands: CommandTable = {
  lspci: { run: lspci },
  systemctl: { run: systemctl },
  "update-initramfs": { run: updateInitramfs },
  sysctl: { run: sysctl },
};
