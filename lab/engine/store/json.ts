/** Texts from this length on, in characters, are the scripts of steps: each of them stands in a run's JSON dozens of times. */
const LONG = 1024;

/** Enough for the scripts of a run; what is behind them is not written twice. */
const KEPT = 500;

/** Stands for a long text until it is put in: no text that is short has it. */
const PLACE = "\u0000a long text\u0000";
const PLACE_IN_JSON = JSON.stringify(PLACE);

const quoted = new Map<string, Buffer>();

/** The JSON of a value, as bytes. Long texts are put into JSON once, and are copied from then on. */
export function jsonBytes(value: unknown): Buffer {
  const texts: string[] = [];
  const json = JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one !== "string" || one.length < LONG) return one;
    texts.push(one);
    return PLACE;
  });
  const parts = json.split(PLACE_IN_JSON).map((part) => Buffer.from(part));
  return Buffer.concat(
    parts.flatMap((part, index) => (index === 0 ? [part] : [quote(texts[index - 1]!), part])),
  );
}

function quote(text: string): Buffer {
  let bytes = quoted.get(text);
  if (bytes === undefined) {
    bytes = Buffer.from(JSON.stringify(text));
    if (quoted.size >= KEPT) quoted.clear();
    quoted.set(text, bytes);
  }
  return bytes;
}
