/**
 * JSON Schemas for editors, made from the zod schemas: `npm run schemas` writes config/schemas and the
 * lists of keys in docs/configuration.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { forms } from "./forms";
import { addForms } from "./forms/editors";
import { formTables } from "./forms/table";
import { hypervisorSchema } from "./hypervisor-schema";
import { keyList } from "./key-list";
import { lxcSchema } from "./lxc-schema";

const schemas = {
  "phoenix_hypervisor_config.schema.json": { file: "host", schema: hypervisorSchema },
  "phoenix_lxc_configs.schema.json": { file: "containers", schema: lxcSchema },
} as const;

/**
 * Text of each schema file (draft-07, what a user writes: keys with a default are optional) by its name.
 *
 * @param later whether the later forms of the keys are among them
 */
export function schemaFiles({ later = false } = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { file, schema }]) => {
      const json = z.toJSONSchema(schema, { target: "draft-7", io: "input" });
      if (later)
        addForms(
          json,
          forms.filter((form) => form.file === file),
        );
      return [name, `${JSON.stringify(json, null, 2)}\n`];
    }),
  );
}

/** Folder of the schema files. */
export const schemaFolder = join(__dirname, "schemas");

/** The page that describes the configuration. */
export const page = join(__dirname, "..", "docs", "configuration.md");

/** The page with the table of forms. */
export const formsPage = join(__dirname, "..", "docs", "later-forms.md");

/** The page's text with the tables between its two marks. */
export const withForms = (text: string): string =>
  text.replace(
    /(<!-- forms: .* -->\n)[^]*(<!-- end of forms -->)/,
    (_, begin: string, end: string) => `${begin}\n${formTables(forms)}\n${end}`,
  );

/** The page's text with the list of keys of each file between its two marks; throws when a mark is missing. */
export function withKeyLists(text: string): string {
  return Object.entries(schemaFiles()).reduce((result, [name, schema]) => {
    const [begin, end] = [`<!-- keys of ${name}: made by npm run schemas -->\n`, "<!-- end of keys -->"];
    const [before, rest] = result.split(begin);
    const after = rest?.slice(rest.indexOf(end));
    if (before === undefined || !after?.startsWith(end)) throw new Error(`No place for the keys of ${name}.`);
    return `${before}${begin}\n\`\`\`text\n${keyList(JSON.parse(schema))}\`\`\`\n\n${after}`;
  }, text);
}

if (require.main === module) {
  mkdirSync(schemaFolder, { recursive: true });
  for (const [name, text] of Object.entries(schemaFiles({ later: true })))
    writeFileSync(join(schemaFolder, name), text);
  writeFileSync(page, withKeyLists(readFileSync(page, "utf8")));
  writeFileSync(formsPage, withForms(readFileSync(formsPage, "utf8")));
}
