/** Small commands about the host as a whole. */
import type { Command, CommandTable } from "../../types";

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
};
