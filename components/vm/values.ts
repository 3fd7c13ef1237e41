/** Values of a machine's configuration that several steps name. */
import type { VmSpec } from "../../config/model";
import { ipConfig } from "../../config/vm-networks";

/** `pc` is i440fx's own name. */
export function machineType({ machine }: VmSpec): string {
  return machine === "i440fx" ? "pc" : machine;
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

/** Of its other devices those that it has from a start on: screen and serial ports; USB devices are plugged in at once. */
function screenAndPorts({ hardware }: VmSpec): Record<string, string> {
  const devices = Object.entries(hardware?.devices ?? {});
  return Object.fromEntries(devices.filter(([key]) => !key.startsWith("usb")));
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
    ...screenAndPorts(spec),
  };
}

/** Settings of cloud-init, without the password. */
export function cloudInitValues({ cloudInit, networks = [] }: VmSpec): Record<string, string | undefined> {
  return {
    ciuser: cloudInit.user,
    ipconfig0: ipConfig({ ...cloudInit, gw: cloudInit.gateway, gw6: cloudInit.gateway6 }),
    ...Object.fromEntries(
      networks.flatMap(({ interface: at, ipconfig }) =>
        ipconfig === undefined ? [] : [[at.replace("net", "ipconfig"), ipconfig]],
      ),
    ),
    nameserver: cloudInit.dns.length > 0 ? cloudInit.dns.join(" ") : undefined,
    searchdomain: cloudInit.searchDomain,
  };
}
