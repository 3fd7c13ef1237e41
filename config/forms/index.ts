/** Later versions of the original's files say the same things by other keys: they are read as ours before anything is checked. */
import type { Moves } from "../moves";
import { containerForms } from "./container-forms";
import { containerDefaults } from "./container-defaults";
import { type Form, readForm, type Source } from "./form";
import { hostForms } from "./host-forms";

/** Every form, in the order in which they are read. */
export const forms: readonly Form[] = [...hostForms, ...containerForms];

/** Both files while their forms are read: the documents are changed. */
export interface Sources {
  host: Source;
  containers: Source;
}

/** Changes both documents to our keys. */
export function readForms(sources: Sources, moves: Moves): void {
  for (const form of forms) readForm(form, sources[form.file], moves);
  containerDefaults(sources.containers);
}
