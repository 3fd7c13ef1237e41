/** Values of a machine's configuration that several steps name. */
import type { VmSpec } from "../../config/model";

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

const cpuValue = ({ cpuType, cpuFlags = [] }: VmSpec): string =>
  cpuFlags.length > 0 ? `${cpuType},flags=${cpuFlags.join(";")}` : cpuType;

/** Values that take effect at a start of the machine only. */
export function coldValues(spec: VmSpec): Record<string, string | number> {
  const { numa, sockets } = spec.options ?? {};
  return {
    cores: spec.cores,
    memory: spec.memoryMb,
    cpu: cpuValue(spec),
    ...(numa !== undefined && { numa }),
    ...(sockets !== undefined && { sockets }),
    machine: machineType(spec),
    bios: spec.uefi ? "ovmf" : "seabios",
    agent: spec.agent ? 1 : 0,
    boot: `order=${spec.bootDevices.join(";")}`,
    ...devices(spec),
  };
}

/** Settings of cloud-init, without the password. */
export function cloudInitValues({ cloudInit }: VmSpec): Record<string, string | undefined> {
  return {
    ciuser: cloudInit.user,
    ipconfig0: ipConfig(cloudInit),
    nameserver: cloudInit.dns.length > 0 ? cloudInit.dns.join(" ") : undefined,
    searchdomain: cloudInit.searchDomain,
  };
}
