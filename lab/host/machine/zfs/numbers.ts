/** Sizes as OpenZFS reads and prints them (lib/libzfs/libzfs_util.c, lib/libzutil/zutil_nicenum.c). */
import { ZfsError } from "./errors";

const units = "BKMGTPEZ";

/** Reads `800G`, `1.4T`, `512`, `16KiB`; throws the reason alone, for the caller to say what failed. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)(.*)$/.exec(text);
  if (match === null) throw new ZfsError(`bad numeric value '${text}'`);
  const [, digits = "", suffix = ""] = match;
  const shift = /^([BKMGTPEZ])$/i.test(suffix) || /^[KMGTPEZ](B|iB)$/i.test(suffix) || suffix === "";
  if (!shift) throw new ZfsError(`invalid numeric suffix '${suffix}'`);
  const value = Math.floor(
    Number(digits) * 1024 ** Math.max(0, units.indexOf(suffix.charAt(0).toUpperCase())),
  );
  if (value >= 2 ** 64) throw new ZfsError("numeric value is too large");
  return value;
}

/** Prints bytes with at most five characters: `96K`, `1.76T`, `0B`. */
export function niceBytes(bytes: number): string {
  return nice(bytes, units);
}

function nice(value: number, letters: string): string {
  let index = 0;
  while (value >= 1024 ** (index + 1) && index < letters.length - 1) index += 1;
  const unit = letters.charAt(index);
  const scale = 1024 ** index;
  if (value % scale === 0) return `${value / scale}${unit}`;
  for (const digits of [2, 1, 0]) {
    const text = `${fixed(value / scale, digits)}${unit}`;
    if (text.length <= 5) return text;
  }
  return `${Math.round(value / scale)}${unit}`;
}

/** C's printf rounds a tie to the even digit, JavaScript's toFixed away from zero. */
function fixed(value: number, digits: number): string {
  const scaled = value * 10 ** digits;
  const down = Math.floor(scaled);
  const tie = scaled - down === 0.5 && down % 2 === 0;
  return tie ? (down / 10 ** digits).toFixed(digits) : value.toFixed(digits);
}
