/** Every key of the two files as text: path, type, whether it must be there or its default, description. */

interface Schema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  additionalProperties?: Schema | boolean;
}

/** Lines `path  type  presence  description` in columns; `[]` stands for each item, `<key>` for each key. */
export function keyList(schema: unknown): string {
  const rows = rowsOf(schema as Schema, "");
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([path, type, presence, description]) =>
      [
        path.padEnd(widths[0] ?? 0),
        type.padEnd(widths[1] ?? 0),
        presence.padEnd(widths[2] ?? 0),
        description,
      ].join("  "),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

type Row = [path: string, type: string, presence: string, description: string];

function rowsOf(schema: Schema, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    // Every entry may have a description, which the page says once.
    if (key === "description" && prefix !== "") return [];
    const path = prefix === "" ? key : `${prefix}.${key}`;
    const row: Row = [path, typeOf(property), presenceOf(schema, key, property), property.description ?? ""];
    return [row, ...below(property, path)];
  });
}

function below(schema: Schema, path: string): Row[] {
  if (schema.items) return below(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === "object" && schema.additionalProperties.type !== undefined) {
    return rowsOf(schema.additionalProperties, `${path}.<key>`);
  }
  return rowsOf(schema, path);
}

function typeOf({ type, items, anyOf }: Schema): string {
  if (anyOf) return anyOf.map(typeOf).join(" or ");
  const names: Record<string, string> = { string: "text", boolean: "true/false", array: "list" };
  const kinds = (Array.isArray(type) ? type : [type ?? "any"]).map((kind) => names[kind] ?? kind);
  return items?.type === "string" ? "list of text" : kinds.join(" or ");
}

function presenceOf(parent: Schema, key: string, { default: value }: Schema): string {
  if (parent.required?.includes(key)) return "required";
  // Empty sections and lists say no more than that the key may be left out.
  if (value === undefined || typeof value === "object" || value === "") return "-";
  return `= ${JSON.stringify(value)}`;
}
