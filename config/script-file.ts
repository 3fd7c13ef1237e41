/** The user's scripts: how their bytes are transferred, and mistakes in them that can be found in advance. */
import { isUtf8 } from "node:buffer";
import { accessSync, constants, readFileSync, statSync } from "node:fs";

/** A script in a step's settings: as text where it is text, so that a diff is readable, else in base64. */
export type ScriptContent = { script: string } | { script64: string };

/** What is wrong with a script, in words that follow its path, and what to do about it. */
export interface ScriptFault {
  message: string;
  remedy: string;
}

/** Most bytes of a script: it is kept in the stack's state, and the guest agent of a machine takes 1 MiB with wrapping. */
export const scriptLimit = { host: 4 << 20, container: 4 << 20, machine: 700 << 10 };

/** Whether this user may run a file. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes of a script without a byte order mark, which would hide its first line from the kernel. */
function scriptBytes(path: string): Buffer {
  const bytes = readFileSync(path);
  return bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes;
}

/** Reads a script for a step's settings, byte for byte. */
export function readScript(path: string): ScriptContent {
  const bytes = scriptBytes(path);
  return isUtf8(bytes) && !bytes.includes(0)
    ? { script: bytes.toString("utf8") }
    : { script64: bytes.toString("base64") };
}

/**
 * Why a script cannot work, seen from its file alone; undefined for one that can. Reads nothing that is no file, and
 * no more than `limit` bytes.
 */
export function scriptFault(path: string, limit: number): ScriptFault | undefined {
  let bytes: Buffer;
  try {
    const file = statSync(path);
    if (file.isDirectory()) return { message: "is a folder", remedy: "put the script itself there" };
    if (!file.isFile()) return { message: "is no file", remedy: "put the script itself there" };
    if (file.size > limit) return tooLarge(file.size, limit);
    bytes = scriptBytes(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return { message: "is a link to nothing", remedy: "put the script itself there" };
    return {
      message: `cannot be read (${code ?? String(error)})`,
      remedy: "let its reader read it (chmod +r)",
    };
  }
  return contentFault(bytes);
}

function tooLarge(size: number, limit: number): ScriptFault {
  const kib = (bytes: number) => `${Math.ceil(bytes / 1024).toLocaleString("en")} KiB`;
  return {
    message: `has ${kib(size)}, and a script may have ${kib(limit)}`,
    remedy: "let it fetch what is large, or read that from a shared folder",
  };
}

function contentFault(bytes: Buffer): ScriptFault | undefined {
  if (bytes.length === 0 || /^\s*$/.test(bytes.toString("latin1"))) {
    return { message: "is empty", remedy: "write the script, or take its name out" };
  }
  if ([0xfeff, 0xfffe].includes(bytes.length > 1 ? bytes.readUInt16BE(0) : 0)) {
    return { message: "is UTF-16, which no shell reads", remedy: "save it as UTF-8" };
  }
  if (bytes.subarray(0, 4).equals(Buffer.from("\x7fELF", "latin1"))) {
    return { message: "is a program and no script", remedy: "write a script that fetches and starts it" };
  }
  return lineEndFault(bytes) ?? firstLineFault(bytes);
}

/** Lines of the text before the first byte that is no text, such as an archive behind the script. */
function textLines(bytes: Buffer): string[] {
  const end = bytes.indexOf(0);
  return (end < 0 ? bytes : bytes.subarray(0, end)).toString("latin1").split("\n");
}

function lineEndFault(bytes: Buffer): ScriptFault | undefined {
  const [first = "", ...rest] = textLines(bytes);
  const returns = rest.filter((line) => line.endsWith("\r")).length;
  if (!first.includes("\r") && returns <= rest.length / 2) return undefined;
  return {
    message: "has the line ends of Windows (CR LF), which no shell takes for line ends",
    remedy: "convert it: sed -i 's/\\r$//' FILE",
  };
}

/** `#!` and what a kernel makes of it: the program's path, and all the rest as one word. */
function firstLineFault(bytes: Buffer): ScriptFault | undefined {
  const lines = textLines(bytes);
  const late = lines.findIndex((line) => line.trim() !== "");
  const found = /^\s*#![ \t]*(\S*)[ \t]*(.*?)[ \t]*$/.exec(lines[late] ?? "");
  if (found === null) return undefined;
  const [line = "", program = "", word = ""] = found;
  if ((late > 0 || !line.startsWith("#!")) && !/\/(env +)?(ba)?sh\b/.test(line)) {
    return {
      message: `has its first line, ${JSON.stringify(line.trim())}, behind other lines or spaces, where it does not count`,
      remedy: "begin the file with #!",
    };
  }
  if (late > 0 || !line.startsWith("#!")) return undefined;
  if (!program.startsWith("/")) {
    return {
      message: `has the first line ${JSON.stringify(line)}, which names no program by its path`,
      remedy: "write #!/bin/bash or #!/usr/bin/env python3",
    };
  }
  return program.endsWith("/env") ? envFault(line, word) : undefined;
}

function envFault(line: string, word: string): ScriptFault | undefined {
  const shown = `has the first line ${JSON.stringify(line)}`;
  if (word === "") {
    return { message: `${shown}, which names no program`, remedy: "write #!/usr/bin/env python3" };
  }
  if (/\s/.test(word) && !word.startsWith("-")) {
    return {
      message: `${shown}: env takes all of ${JSON.stringify(word)} for a program's name`,
      remedy: `write #!/usr/bin/env -S ${word}`,
    };
  }
  return undefined;
}
