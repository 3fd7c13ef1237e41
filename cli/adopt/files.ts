/** The two files with adopted guests in them. */
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { specDigest } from "../../config/adopted";
import { loadEstate } from "../../config/estate";
import { ConfigurationError, formatFinding, type Finding } from "../../config/findings";
import { machineFile } from "../../config/forms/machine-path";
import type { EstateFiles } from "../stack";
import { UserError } from "../errors";
import type { Adoptable, Refused } from "./entries";

interface Documents {
  hypervisor: Record<string, unknown> & { vms?: unknown[]; proxmox_defaults?: unknown };
  lxc: Record<string, unknown> & { lxc_configs?: Record<string, unknown> };
}

export function readDocuments({ hypervisorConfig, lxcConfigs }: EstateFiles): Documents {
  const read = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  return { hypervisor: read(hypervisorConfig), lxc: read(lxcConfigs) };
}

/** The documents with these guests' entries after the present ones. */
function withGuests({ hypervisor, lxc }: Documents, guests: readonly Adoptable[]): Documents {
  const containers = guests.filter(({ kind }) => kind === "lxc");
  const machines = guests.filter(({ kind }) => kind === "qemu");
  const known = lxc.lxc_configs ?? {};
  // An entry can say `no features` only where the default is none.
  const plain =
    Object.keys(known).length === 0 && hypervisor.proxmox_defaults === undefined && containers.length > 0;
  return {
    hypervisor: {
      ...hypervisor,
      ...(plain && { proxmox_defaults: { lxc: { features: "" } } }),
      ...(machines.length > 0 && { vms: [...(hypervisor.vms ?? []), ...machines.map(({ entry }) => entry)] }),
    },
    lxc: {
      ...lxc,
      lxc_configs: { ...known, ...Object.fromEntries(containers.map(({ id, entry }) => [id, entry])) },
    },
  };
}

const names = { hypervisorConfig: "phoenix_hypervisor_config.json", lxcConfigs: "phoenix_lxc_configs.json" };

/** The guest that a mistake is about; undefined for one of an entry that was there before. */
function guestOf({ path }: Finding, before: Documents, guests: readonly Adoptable[]): Adoptable | undefined {
  const [, ctid] = /^lxc_configs\.(\d+)/.exec(path) ?? [];
  const [, index] = /^vms\[(\d+)\]/.exec(path) ?? [];
  const machines = guests.filter(({ kind }) => kind === "qemu");
  if (ctid !== undefined) return guests.find(({ kind, id }) => kind === "lxc" && id === Number(ctid));
  return index === undefined ? undefined : machines[Number(index) - (before.hypervisor.vms ?? []).length];
}

export interface Planned {
  guests: Adoptable[];
  refused: Refused[];
  /** The files' new texts. */
  texts: Record<keyof EstateFiles, string>;
  /** Of each guest's entry, by id. */
  digests: Map<number, string>;
}

/**
 * Checks the files with the guests in them as every run checks them; a guest whose entry the rules refuse is left out.
 * @throws UserError when the files cannot be used without them either
 */
export function plan(files: EstateFiles, adoptable: readonly Adoptable[]): Planned {
  const before = readDocuments(files);
  const folder = mkdtempSync(join(tmpdir(), "phoenix-adopt-"));
  const own = {
    hypervisorConfig: join(folder, names.hypervisorConfig),
    lxcConfigs: join(folder, names.lxcConfigs),
  };
  const machines = machineFile(files.hypervisorConfig, before.hypervisor);
  if (machines !== undefined) copyFileSync(machines, join(folder, basename(machines)));
  let guests = [...adoptable];
  const refused: Refused[] = [];
  try {
    for (;;) {
      const { hypervisor, lxc } = withGuests(before, guests);
      const text = (document: unknown) => `${JSON.stringify(document, null, 2)}\n`;
      const texts = { hypervisorConfig: text(hypervisor), lxcConfigs: text(lxc) };
      writeFileSync(own.hypervisorConfig, texts.hypervisorConfig);
      writeFileSync(own.lxcConfigs, texts.lxcConfigs);
      try {
        const { estate } = loadEstate(own);
        const specs = [...estate.containers, ...estate.vms];
        const digests = specs.map((spec): [number, string] => [
          "ctid" in spec ? spec.ctid : (spec.vmid ?? 0),
          specDigest(spec),
        ]);
        return { guests, refused, texts, digests: new Map(digests) };
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        const wrong = new Map(error.mistakes.map((mistake) => [guestOf(mistake, before, guests), mistake]));
        const other = wrong.get(undefined);
        if (other) throw new UserError(formatFinding(other));
        for (const [guest, mistake] of wrong) {
          const { kind, id, name } = guest!;
          const value = mistake.value === undefined ? "" : ` (${mistake.value})`;
          refused.push({
            kind,
            id,
            name,
            why: `${mistake.path.replace(/^(lxc_configs\.\d+|vms\[\d+\])\.?/, "")} ${mistake.message}${value}`,
          });
        }
        guests = guests.filter((guest) => !wrong.has(guest));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Puts the new texts in place, each file at once; one that stays the same is not written. */
export function writeTexts(files: EstateFiles, texts: Planned["texts"]): void {
  for (const key of ["hypervisorConfig", "lxcConfigs"] as const) {
    if (
      JSON.stringify(JSON.parse(readFileSync(files[key], "utf8"))) === JSON.stringify(JSON.parse(texts[key]))
    )
      continue;
    writeFileSync(`${files[key]}.new`, texts[key]);
    renameSync(`${files[key]}.new`, files[key]);
  }
}
