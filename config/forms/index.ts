/** Later versions of the original's files say the same things by other keys: they are read as ours before anything is checked. */
import type { Moves } from "../moves";
import { containerForms } from "./container-forms";
import { containerDefaults } from "./container-defaults";
import { readTemplates, templateRows } from "./container-templates";
import { type Form, readForm, type Source } from "./form";
import { hostForms } from "./host-forms";
import { machineForms } from "./machine-forms";
import { machineRows, readMachines, readRelease } from "./machines";
import { mountPointRows, readMountPoints } from "./mount-points";
import { nameRows, readDomain, readFallback } from "./names";

/** Forms of one key, in the order in which they are read. */
const simple: readonly Form[] = [...hostForms, ...machineForms, ...containerForms];

/** Every form, for the docs and for editors. */
export const forms: readonly Form[] = [
  ...simple,
  ...nameRows,
  ...machineRows,
  ...templateRows,
  ...mountPointRows,
];

/** Both files while their forms are read: the documents are changed. */
export interface Sources {
  host: Source;
  containers: Source;
}

/** Changes both documents to our keys. */
export function readForms({ host, containers }: Sources, moves: Moves): void {
  readRelease(host, moves);
  readMachines(host, moves);
  for (const form of simple) readForm(form, { host, containers }[form.file], moves);
  readFallback(host);
  readDomain(host, containers, moves);
  readTemplates(containers, moves);
  containerDefaults(containers);
  readMountPoints(host, containers, moves);
}
