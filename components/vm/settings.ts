import type { VmSpec } from "../../config/model";
import { description, startup } from "../guest/texts";

/** `pc` is i440fx's own name. */
export function machineType({ machine }: VmSpec): string {
  return machine === "i440fx" ? "pc" : machine;
}

function ipConfig({ ip, gateway }: VmSpec["cloudInit"]): string {
  return gateway === undefined ? `ip=${ip}` : `ip=${ip},gw=${gateway}`;
}

/** `hostpci0: mapping=gpu0,pcie=1,x-vga=1`, by index. */
function devices({ passthrough }: VmSpec): Record<string, string> {
  return Object.fromEntries(
    passthrough.map(({ mapping, pcie, primaryGpu }, index) => [
      `hostpci${index}`,
      [`mapping=${mapping}`, ...(pcie ? ["pcie=1"] : []), ...(primaryGpu ? ["x-vga=1"] : [])].join(","),
    ]),
  );
}

/** Values that take effect at a start of the machine only. */
function coldValues(spec: VmSpec): Record<string, string | number> {
  return {
    cores: spec.cores,
    memory: spec.memoryMb,
    cpu: spec.cpuType,
    machine: machineType(spec),
    bios: spec.uefi ? "ovmf" : "seabios",
    agent: spec.agent ? 1 : 0,
    boot: `order=${spec.bootDevices.join(";")}`,
    ...devices(spec),
  };
}

/** What cloud-init is told, without the password. */
function cloudInitValues({ cloudInit }: VmSpec): Record<string, string | undefined> {
  return {
    ciuser: cloudInit.user,
    ipconfig0: ipConfig(cloudInit),
    nameserver: cloudInit.dns.length > 0 ? cloudInit.dns.join(" ") : undefined,
    searchdomain: cloudInit.searchDomain,
  };
}

/** Desired state of the configure step (configure/configure.sh says the shape); the password hash is not among it. */
export function configureSettings(spec: VmSpec, stack: string) {
  const order = startup(spec);
  return {
    protect: spec.protect,
    storage: spec.storage,
    diskGb: spec.diskGb,
    values: {
      ...coldValues(spec),
      name: spec.name,
      description: description(spec, stack),
      onboot: spec.startAtBoot ? 1 : 0,
      protection: spec.protect ? 1 : 0,
      startup: order,
    },
    absent: order === undefined ? ["startup"] : [],
    net0: { bridge: spec.network.bridge, tag: spec.network.vlan?.toString(), mac: spec.network.mac },
    cloudInit: { values: cloudInitValues(spec), sshKeys: spec.cloudInit.sshKeys },
    snippets: spec.agent ? spec.snippetsStorage : undefined,
  };
}

/**
 * Desired state of the start step. What takes effect only at a start is among its inputs, so that the preview names
 * the restart as a change of its own.
 */
export function startSettings(spec: VmSpec) {
  const { network, cloudInit, shutdownTimeout } = spec;
  return {
    timeLimit: shutdownTimeout,
    agent: spec.agent,
    restartWhenChanged: {
      ...coldValues(spec),
      ...cloudInitValues(spec),
      sshKeys: cloudInit.sshKeys,
      mac: network.mac,
      name: spec.name,
      snippets: spec.agent ? spec.snippetsStorage : undefined,
    },
  };
}

/** Desired state of the health step; `digest` makes it run again after what may have changed its result. */
export function healthSettings({ healthCheck }: VmSpec, digest: string): Record<string, unknown> {
  return { ...healthCheck, after: digest };
}
