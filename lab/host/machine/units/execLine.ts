/** Command lines of unit files, see systemd.service(5): prefixes, quotes, specifiers and variables. */

export interface ExecLine {
  argv: string[];
  /** A failure does not count: prefix `-`. */
  ignored: boolean;
}

/** Splits a line into words; quotes group, a backslash keeps the next character. */
export function words(line: string): string[] {
  const found: string[] = [];
  let [current, quote, open] = ["", "", false];
  for (let index = 0; index < line.length; index++) {
    const char = line.charAt(index);
    if (char === "\\" && quote !== "'") {
      current += line.charAt(++index);
      open = true;
    } else if (quote !== "") {
      if (char === quote) quote = "";
      else current += char;
    } else if (char === '"' || char === "'") [quote, open] = [char, true];
    else if (/\s/.test(char)) {
      if (open) found.push(current);
      [current, open] = ["", false];
    } else [current, open] = [current + char, true];
  }
  if (open) found.push(current);
  return found;
}

/** What a line runs, for a unit of that name with these variables. */
export function execLine(line: string, unit: string, environment: Record<string, string>): ExecLine {
  const [, prefix = "", rest = ""] = /^([-@:+!]*)(.*)$/s.exec(line.trim()) ?? [];
  const stem = unit.replace(/\.[a-z]+$/, "");
  const instance = stem.includes("@") ? stem.slice(stem.indexOf("@") + 1) : "";
  const specifiers: Record<string, string> = {
    n: unit,
    N: stem,
    p: stem.split("@")[0] ?? "",
    i: instance,
    I: instance,
    "%": "%",
  };
  const specified = rest.replace(/%(.)/g, (whole, letter: string) => specifiers[letter] ?? whole);
  const argv = words(specified).flatMap((word) => {
    const whole = /^\$(\w+)$/.exec(word)?.[1];
    // A variable that is a word of its own is split; one in braces never is.
    if (whole !== undefined) return words(environment[whole] ?? "");
    return [word.replace(/\$\{(\w+)\}/g, (_, name: string) => environment[name] ?? "").replaceAll("$$", "$")];
  });
  return { argv, ignored: prefix.includes("-") };
}
