/**
 * What is wrong with a value, in the words of Terraform's validators; empty when nothing is.
 * @param name Terraform's name of the property.
 */
export type Rule = (value: string | number | boolean, name: string) => string[];

export function oneOf(...values: string[]): Rule {
  const list = values.map((value) => JSON.stringify(value)).join(" ");
  return (value, name) =>
    values.includes(String(value)) ? [] : [`expected ${name} to be one of [${list}], got ${String(value)}`];
}

export function between(least: number, most: number): Rule {
  return (value, name) =>
    Number(value) >= least && Number(value) <= most
      ? []
      : [`expected ${name} to be in the range (${least} - ${most}), got ${String(value)}`];
}

export function atLeast(least: number): Rule {
  return (value, name) =>
    Number(value) >= least ? [] : [`expected ${name} to be at least (${least}), got ${String(value)}`];
}

export function matches(pattern: RegExp, meaning: string): Rule {
  return (value, name) => (pattern.test(String(value)) ? [] : [`invalid value for ${name} (${meaning})`]);
}

export const notEmpty: Rule = (value, name) =>
  value === "" ? [`expected "${name}" to not be an empty string, got `] : [];

/** At least one of the rules; else the faults of all. */
export function any(...rules: Rule[]): Rule {
  return (value, name) => {
    const faults = rules.map((rule) => rule(value, name));
    return faults.some((found) => found.length === 0) ? [] : faults.flat();
  };
}

/** The empty text passes too. */
export function orEmpty(rule: Rule): Rule {
  return (value, name) => (value === "" ? [] : rule(value, name));
}

/** Terraform's words for a list that is too long. */
export function tooMany(most: number, count: number): string {
  return `Too many list items. Attribute supports ${most} item maximum, but config has ${count} declared.`;
}
