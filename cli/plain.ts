import { printableLines } from "../config/printable";

// Escape sequences with their ends: CSI (colours, cursor), OSC and the like (titles, clipboard), others; CR before LF.
const SEQUENCES =
  // eslint-disable-next-line no-control-regex
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|\r(?=\n)/g;

/** Output of a guest or a plugin for a terminal: without colours, and with other control characters escaped. */
export const plain = (text: string): string => printableLines(text.replace(SEQUENCES, ""));
