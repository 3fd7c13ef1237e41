/** `vzdump` and `qmrestore`: names for one method each. */
import { vmid } from "../api/methods-lxc";
import { restoreMachine } from "../backup/restoreMachine";
import { storageId, boolean, number, string } from "../schema/types";
import { fromMethod, type Subcommand } from "./command";
import type { Find } from "./pct";

const O = { optional: true } as const;

/** Every word that is no option is the id of a guest. */
export const vzdump = (find: Find): Subcommand => ({
  ...fromMethod(find("POST", "/nodes/{node}/vzdump"), ["vmid"]),
  many: "vmid",
});

export const qmrestore = (): Subcommand => ({
  parameters: {
    archive: string({ maxLength: 255 }),
    vmid,
    storage: { ...storageId, optional: true },
    force: boolean(O),
    unique: boolean(O),
    bwlimit: number({ ...O, minimum: 0 }),
    start: boolean(O),
  },
  positions: ["archive", "vmid"],
  run: async (context, values) => void (await restoreMachine(context, values)),
});
