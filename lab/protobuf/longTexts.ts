/**
 * google-protobuf writes and reads a text character by character, through arrays of numbers. A step carries its whole
 * script, in each message about it; those go as bytes, which are the same on the wire.
 */
import { BinaryReader, BinaryWriter } from "google-protobuf";

/** Characters from which on the detour over bytes is the faster way. */
const LONG = 256;

const writeShort = Reflect.get(BinaryWriter.prototype, "writeString");

BinaryWriter.prototype.writeString = function (this: BinaryWriter, field: number, text?: string): void {
  if (text === undefined || text.length < LONG) writeShort.call(this, field, text);
  else this.writeBytes(field, Buffer.from(text, "utf8"));
};

BinaryReader.prototype.readString = function (this: BinaryReader): string {
  const bytes = this.readBytes();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
};
