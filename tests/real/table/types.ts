/** A line of shell with a call of a real tool, judged on Debian's and on the lab's. */
export interface Judged {
  line: string;
  /** The calls of the host scripts that it stands for, as `callsOf` gives them. */
  of?: string[];
  /** What must be equal beside the exit code; by default both streams. */
  compare?: "stdout" | "stderr" | "code";
}

/** Lines that are run one after another, each side with what the ones before have left. */
export interface Scenario {
  tool: string;
  /** Programs without which the machine cannot judge, and the package of Debian that has them. */
  programs: string[];
  package: string;
  /** Shell that makes both sides alike: on the real tools' side, and on the lab's host. */
  real?: string;
  lab?: string;
  /** Evens out what differs by version or place; applied to both streams of both sides. */
  even?: (text: string) => string;
  cases: Judged[];
}

/** On the lab's host: a package that a new node does not have. */
export const install = (name: string) =>
  `apt-get -y update >/dev/null 2>&1; apt-get -y install ${name} >/dev/null`;
