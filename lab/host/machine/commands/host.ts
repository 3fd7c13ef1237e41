/** Small commands about the host as a whole. */
import type { Command, CommandTable } from "../../types";
import { pciFunctions } from "../pci/bus";

const kinds: Record<string, string> = {
  "0x030000": "VGA compatible controller",
  "0x040300": "Audio device",
  "0x060400": "PCI bridge",
  "0x0c0330": "USB controller",
};

const lspci: Command = (host, call) => {
  const refused = call.args.find((word) => !["-nn", "-n", "-D", "-nnD", "-Dnn"].includes(word));
  if (refused !== undefined) return { code: 1, stderr: `lspci: the lab does not simulate ${refused}\n` };
  const numbers = call.args.some((word) => word.includes("nn"));
  const full = call.args.some((word) => word.includes("D"));
  const lines = pciFunctions(host).map((one) => {
    const slot = full ? one.pci : one.pci.replace(/^0000:/, "");
    const kind = `${kinds[one.class] ?? "Device"}${numbers ? ` [${one.class.slice(2, 6)}]` : ""}`;
    const name = `${one.vendorName} ${one.name.replace(/^NVIDIA /, "")}`;
    const ids = numbers ? ` [${one.vendor.slice(2)}:${one.device.slice(2)}]` : "";
    return `${slot} ${kind}: ${name}${ids} (rev ${one.vendor === "0x10de" ? "a1" : "11"})\n`;
  });
  return { code: 0, stdout: lines.join("") };
};

export const hostCommands: CommandTable = {
  lspci: { run: lspci },
};
