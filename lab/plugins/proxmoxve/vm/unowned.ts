import type { WireMap } from "../../shared/wire";
import { block, blocks, texts } from "../values";
import { zeroOf } from "../bridge/fields";
import { vmFields } from "./fields";

/** Read of a clone only if the inputs name something else than the default. */
const scalars = [
  "acpi",
  "bios",
  "description",
  "hookScriptFileId",
  "keyboardLayout",
  "kvmArguments",
  "machine",
  "name",
  "protection",
  "scsiHardware",
  "tabletDevice",
  "template",
];

/** Read of a clone only if the inputs have such a block. */
const named = [
  "agent",
  "amdSev",
  "audioDevice",
  "cdrom",
  "cpu",
  "efiDisk",
  "initialization",
  "memory",
  "operatingSystem",
  "rngs",
  "startup",
  "tpmState",
];
const lists = ["disks", "hostpcis", "numas", "serialDevices", "usbs", "virtiofs"];

/** What a clone's inputs do not name is not its provider's: it stays as it was, whatever the source had. */
export function withoutUnowned(state: WireMap, planned: WireMap): WireMap {
  if (block(planned, "clone") === undefined) return state;
  const done = { ...state };
  const keep = (key: string): void => {
    done[key] = planned[key] ?? null;
  };
  for (const key of scalars) {
    const field = vmFields[key];
    if (field && (planned[key] ?? null) === (field.default ?? zeroOf(field))) keep(key);
  }
  for (const key of named)
    if (block(planned, key) === undefined && blocks(planned, key).length === 0) keep(key);
  for (const key of lists) if (blocks(planned, key).length === 0) keep(key);
  if (texts(planned, "tags").length === 0) keep("tags");
  // Its identity is never read back.
  keep("smbios");
  return done;
}
