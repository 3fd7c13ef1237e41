export const STACK_TYPE = "pulumi:pulumi:Stack";

export const typeOf = (urn: string): string => qualifiedType(urn).split("$").at(-1) ?? "";
export const qualifiedType = (urn: string): string => urn.split("::")[2] ?? "";
export const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");
export const isStack = (urn: string): boolean => qualifiedType(urn) === STACK_TYPE;
export const isProviderType = (type: string): boolean => type.startsWith("pulumi:providers:");

export function makeUrn(stack: string, project: string, parent: string, type: string, name: string): string {
  const prefix = parent && !isStack(parent) ? `${qualifiedType(parent)}$` : "";
  return `urn:pulumi:${stack}::${project}::${prefix}${type}::${name}`;
}

/** A provider reference is `<urn>::<id>`. */
export function splitReference(reference: string): { urn: string; id: string } {
  const at = reference.lastIndexOf("::");
  return { urn: reference.slice(0, at), id: reference.slice(at + 2) };
}

/** The default provider of a package version, as opposed to one made by the program. */
export const isDefaultProvider = (urn: string): boolean =>
  isProviderType(typeOf(urn)) && /^default($|_)/.test(nameOf(urn));

/** Targets may hold `*` (within one segment) and `**` (across them). */
export function urnMatcher(pattern: string): (urn: string) => boolean {
  if (!pattern.includes("*")) return (urn) => urn === pattern;
  const source = pattern
    .split("**")
    .map((part) =>
      part
        .split("*")
        .map((s) => s.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
        .join("[^:]*"),
    )
    .join(".*");
  const expression = new RegExp(`^${source}$`);
  return (urn) => expression.test(urn);
}
