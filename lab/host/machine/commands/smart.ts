/** smartctl and nvme: what a disk says of its own health. */
import type { Call, Command, Host } from "../../types";
import type { OldDisk } from "../diskLayout";
import { named } from "./blocks";

function asked(host: Host, call: Call, path: string | undefined): OldDisk | undefined {
  return path === undefined ? undefined : named(host, [path], call.cwd).found[0]?.disk;
}

function nvmeLog({ wearPercent = 0, powerOnHours = 0, smart = {} }: OldDisk) {
  return {
    critical_warning: smart.passed === false ? 4 : 0,
    available_spare: smart.sparePercent ?? 100,
    percentage_used: wearPercent,
    power_on_hours: powerOnHours,
    media_errors: smart.mediaErrors ?? 0,
  };
}

/** The whole report of smartctl 7.4, as far as the disk kind has it. */
function report(disk: OldDisk) {
  const common = {
    model_name: disk.model,
    serial_number: disk.serial,
    user_capacity: { bytes: disk.sizeBytes },
    smart_status: { passed: disk.smart?.passed ?? true },
    power_on_time: { hours: disk.powerOnHours ?? 0 },
  };
  if (disk.device.startsWith("nvme")) return { ...common, nvme_smart_health_information_log: nvmeLog(disk) };
  return {
    ...common,
    ata_smart_attributes: {
      table: [
        { id: 9, name: "Power_On_Hours", value: 99, raw: { value: disk.powerOnHours ?? 0 } },
        { id: 177, name: "Wear_Leveling_Count", value: 100 - (disk.wearPercent ?? 0), raw: { value: 1 } },
      ],
    },
  };
}

const smartctl: Command = (host, call) => {
  const path = call.args.at(-1);
  if (!call.args.includes("-j") && !call.args.includes("--json"))
    return { code: 1, stderr: "smartctl: the lab only simulates JSON output (-j)\n" };
  const disk = asked(host, call, path);
  const answer = disk
    ? report(disk)
    : {
        smartctl: {
          exit_status: 2,
          messages: [{ string: `Unable to detect device type`, severity: "error" }],
        },
      };
  // Bit 3: SMART status check returned "DISK FAILING".
  const code = disk === undefined ? 2 : disk.smart?.passed === false ? 8 : 0;
  return { code, stdout: `${JSON.stringify(answer, null, 2)}\n` };
};

const nvme: Command = (host, call) => {
  const [verb, ...rest] = call.args;
  if (verb !== "smart-log")
    return { code: 1, stderr: `nvme: the lab only simulates smart-log, not ${verb ?? "no command"}\n` };
  const path = rest.find((word) => word.startsWith("/dev/"));
  const disk = asked(host, call, path?.replace(/^(\/dev\/nvme\d+)$/, "$1n1"));
  if (disk === undefined) return { code: 1, stderr: `${path ?? ""}: No such file or directory\n` };
  const { critical_warning, available_spare, percentage_used, power_on_hours, media_errors } = nvmeLog(disk);
  const log = {
    critical_warning,
    temperature: 311,
    avail_spare: available_spare,
    spare_thresh: 10,
    percent_used: percentage_used,
    power_on_hours,
    media_errors,
  };
  if (rest.includes("json") || rest.includes("-o=json") || rest.includes("--output-format=json"))
    return { code: 0, stdout: `${JSON.stringify(log, null, 2)}\n` };
  const lines = Object.entries(log).map(
    ([name, value]) => `${name.padEnd(35)}: ${value}${/used|spare/.test(name) ? "%" : ""}`,
  );
  return {
    code: 0,
    stdout: `Smart Log for NVME device:${disk.device.replace(/n\d+$/, "")} namespace-id:ffffffff\n${lines.join("\n")}\n`,
  };
};

export const smartCommands = { smartctl: { run: smartctl }, nvme: { run: nvme } };
