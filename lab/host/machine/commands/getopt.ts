/** glibc's getopt(3): options anywhere before `--`, values attached or as the next word. */
export interface Parsed {
  /** Options in order, with their values. */
  options: [letter: string, value: string][];
  operands: string[];
}

/** A mistake in the options: what the command says about it. */
export class OptionError extends Error {}

/**
 * Splits words by a specification such as `fno:`.
 *
 * @throws OptionError `invalid option 'x'` or `missing argument for 'x' option`
 */
export function getopt(words: string[], specification: string): Parsed {
  const parsed: Parsed = { options: [], operands: [] };
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "--") return { ...parsed, operands: [...parsed.operands, ...queue] };
    if (!word.startsWith("-") || word === "-") {
      parsed.operands.push(word);
      continue;
    }
    for (let rest = word.slice(1); rest !== "";) {
      const letter = rest.charAt(0);
      const at = letter === ":" ? -1 : specification.indexOf(letter);
      if (at < 0) throw new OptionError(`invalid option '${letter}'`);
      rest = rest.slice(1);
      if (specification.charAt(at + 1) !== ":") {
        parsed.options.push([letter, ""]);
        continue;
      }
      const value = rest !== "" ? rest : queue.shift();
      if (value === undefined) throw new OptionError(`missing argument for '${letter}' option`);
      parsed.options.push([letter, value]);
      rest = "";
    }
  }
  return parsed;
}

/** Whether an option was given. */
export function has(parsed: Parsed, letter: string): boolean {
  return parsed.options.some(([name]) => name === letter);
}

/** Every value of an option. */
export function values(parsed: Parsed, letter: string): string[] {
  return parsed.options.filter(([name]) => name === letter).map(([, value]) => value);
}

/** The last value of an option. */
export function last(parsed: Parsed, letter: string): string | undefined {
  return values(parsed, letter).at(-1);
}
