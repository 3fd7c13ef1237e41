/** Text from files and guests as a terminal may show it. */

/**
 * What a terminal acts upon, or what makes a text read as another one: control characters, separators of lines,
 * marks of writing direction, and halves of characters.
 */
export const unprintable = "\\p{Cc}\\p{Cs}\\u2028\\u2029\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";

const each = new RegExp(`[${unprintable}]`, "gu");
const eachButLines = new RegExp(`(?![\\n\\t])[${unprintable}]`, "gu");

const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** The text on one line, every such character as `\u001b`. JSON stays JSON that means the same. */
export const printable = (text: string): string => text.replace(each, escape);

/** The same, with line ends and tabs left as they are. */
export const printableLines = (text: string): string => text.replace(eachButLines, escape);
