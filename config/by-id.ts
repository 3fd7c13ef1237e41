/** Settings of a stack with one value for each guest: JSON by CTID or VMID, 100 to 999999999. */
import { z } from "zod";

/** Reads such a setting as Pulumi hands it over, a JSON text; undefined for anything else. */
export function parseById<T>(text: string, value: z.ZodType<T>): ReadonlyMap<number, T> | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const found = z.record(z.string().regex(/^[1-9][0-9]{2,8}$/), value).safeParse(document);
  return found.success
    ? new Map(Object.entries(found.data).map(([id, one]) => [Number(id), one]))
    : undefined;
}
