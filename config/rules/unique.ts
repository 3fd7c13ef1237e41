/** Values that may occur once only. */
import type { Path, Report } from "../findings";

/** One use of a value. */
export interface Use {
  /** What is compared. */
  key: string;
  /** What is shown, when it differs from the key. */
  value?: string;
  path: Path;
  report: Report;
  /** Who uses it, in words: `container 900`. */
  user: string;
}

/** Reports every use of a value but the first: `is also the MAC address of container 900`. */
export function reportRepeats(uses: readonly Use[], what: string, remedy: string): void {
  const first = new Map<string, Use>();
  for (const use of uses) {
    const before = first.get(use.key);
    if (before)
      use.report.mistake(use.path, `is also ${what} of ${before.user}`, remedy, use.value ?? use.key);
    else first.set(use.key, use);
  }
}
