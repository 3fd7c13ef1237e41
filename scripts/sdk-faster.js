"use strict";
// What Pulumi's SDK and its protocol library do slowly for each resource, done faster with the same outcome.
// docs/adr/0170-modules-kept-compiled.md
const { Buffer } = require("node:buffer");
const Module = require("node:module");
const { join } = require("node:path");

/** Characters from which on a text goes faster as bytes. */
const LONG = 256;

/**
 * google-protobuf writes and reads a text character by character, through arrays of numbers. A step carries its whole
 * script, in each message about it; those go as bytes, which are the same on the wire.
 */
function sendLongTextsAsBytes({ BinaryReader, BinaryWriter }) {
  const writeShort = BinaryWriter.prototype.writeString;
  BinaryWriter.prototype.writeString = function writeString(field, text) {
    if (text === undefined || text.length < LONG) writeShort.call(this, field, text);
    else this.writeBytes(field, Buffer.from(text, "utf8"));
  };
  BinaryReader.prototype.readString = function readString() {
    const bytes = this.readBytes();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  };
}

/** The SDK takes a stack of every promise, and shows it only of one that was left over, where it is asked to. */
function leaveStacksOfPromises(debuggable) {
  const { debuggablePromise } = debuggable;
  debuggable.debuggablePromise = (promise, context) => {
    const limit = Error.stackTraceLimit;
    if (!debuggable.debugPromiseLeaks) Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(promise, context);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
}

const parts = [
  [join("google-protobuf", "google-protobuf.js"), sendLongTextsAsBytes],
  [join("@pulumi", "pulumi", "runtime", "debuggable.js"), leaveStacksOfPromises],
];

function install() {
  const load = Module._extensions[".js"];
  Module._extensions[".js"] = (module, file) => {
    load(module, file);
    for (const [ending, change] of parts) if (file.endsWith(ending)) change(module.exports);
  };
}

module.exports = { install };
