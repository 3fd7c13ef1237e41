"use strict";
// The deliberate faults of scripts/testing/mutants/*.json: each an exact text of a file and what stands in its place.
const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const folder = join(__dirname, "mutants");

/** All faults, each with `name`, `file`, `text`, `replacement`, `breaks`, and `words` for npm test. */
function readMutants() {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
}

/**
 * The file's text with the fault in it.
 * @throws when the text that it replaces does not stand there exactly once
 */
function mutatedText(root, { name, file, text, replacement }) {
  const parts = readFileSync(join(root, file), "utf8").split(text);
  if (parts.length === 2) return parts.join(replacement);
  throw new Error(`${name}: ${file} has ${parts.length - 1} times, not once: ${text.trim()}`);
}

module.exports = { mutatedText, readMutants };
