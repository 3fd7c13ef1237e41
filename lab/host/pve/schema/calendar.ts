/** Calendar events as Proxmox VE reads them (proxmox-time): `[weekdays] [[year-]month-day] [[hour:]minute[:second]] [UTC]`. */

/** Whether a number belongs to a part of the event. */
type Part = (value: number) => boolean;

export interface CalendarEvent {
  utc: boolean;
  /** Sunday is 0. */
  weekday: Part;
  year: Part;
  month: Part;
  day: Part;
  hour: Part;
  minute: Part;
  second: Part;
}

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const DAY = 86_400_000;

const NAMED: Record<string, string> = {
  minutely: "*-*-* *:*:0",
  hourly: "*-*-* *:0:0",
  daily: "*-*-* 0:0:0",
  weekly: "mon 0:0:0",
  monthly: "*-*-1 0:0:0",
  yearly: "*-1-1 0:0:0",
  annually: "*-1-1 0:0:0",
  quarterly: "*-1,4,7,10-1 0:0:0",
  semiannually: "*-1,7-1 0:0:0",
  "semi-annually": "*-1,7-1 0:0:0",
};

const any: Part = () => true;
const fail = (why: string): never => {
  throw new Error(`unable to parse calendar event - ${why}`);
};

function weekday(name: string): number {
  const short = WEEKDAYS.map((day) => day.slice(0, 3));
  const word = name.toLowerCase();
  const found = word.length === 3 ? short.indexOf(word) : WEEKDAYS.indexOf(word);
  return found < 0 ? fail(`unable to parse weekday '${name}'`) : found;
}

function weekdays(text: string): Part {
  // Monday is the first day of a range, Sunday the last.
  const place = (day: number) => (day + 6) % 7;
  const ranges = text.split(",").map((range) => {
    const [first = "", last = first] = range.split("..");
    const [from, to] = [place(weekday(first)), place(weekday(last))];
    if (first.toLowerCase().startsWith("sun") && first !== last) return [0, to, 6] as const;
    return from > to ? fail(`wrong order in range '${range}'`) : ([from, to, undefined] as const);
  });
  return (day) =>
    ranges.some(
      ([from, to, also]) =>
        (place(day) >= from && place(day) <= to) || (also !== undefined && place(day) === also),
    );
}

/** Numbers below `most`: `*`, `*` with a step, or a list of `a`, `a..b`, `a/n` and `a..b/n`. */
function numbers(text: string, least: number, most: number): Part {
  if (text === "*") return any;
  const parts = text.split(",").map((part): Part => {
    const match = /^(\*|\d+)(?:\.\.(\d+))?(?:\/(\d+))?$/.exec(part);
    if (!match) return fail("unused parts");
    const [, from = "", to, step] = match;
    const first = from === "*" ? least : Number(from);
    for (const value of [first, to, step])
      if (value !== undefined && Number(value) >= most) fail(`value '${value}' out of range`);
    const last = to === undefined ? (step === undefined && from !== "*" ? first : most) : Number(to);
    if (last < first) fail("range start is bigger than end");
    return (value) =>
      value >= first &&
      value <= last &&
      (step === undefined || (value - first) % Math.max(1, Number(step)) === 0);
  });
  return (value) => parts.some((part) => part(value));
}

/** Reads an event; throws why it cannot. */
export function parseCalendarEvent(text: string): CalendarEvent {
  let rest = text.trim();
  if (rest === "") fail("event is empty");
  const utc = rest.endsWith("UTC");
  if (utc) rest = rest.slice(0, -3).trimEnd();
  rest = NAMED[rest] ?? rest;
  const event: CalendarEvent = {
    ...{ utc, weekday: any, year: any, month: any, day: any },
    ...{ hour: (v) => v === 0, minute: (v) => v === 0, second: (v) => v === 0 },
  };
  const words = rest.split(/ +/);
  if (/^[a-z]/i.test(words[0] ?? "")) event.weekday = weekdays(words.shift() ?? "");
  if (/^[^:]+-/.test(words[0] ?? "")) {
    const date = (words.shift() ?? "").split("-");
    if (date.length > 3) fail("unused parts");
    const [day = "", month = "", year = "*"] = date.reverse();
    Object.assign(event, {
      year: numbers(year, 0, 2200),
      month: numbers(month, 1, 13),
      day: numbers(day, 1, 32),
    });
  }
  const time = words.shift();
  if (time !== undefined && time !== "") {
    const parts = time.split(":");
    if (parts.length > 3) fail("unused parts");
    const [hour, minute = "", second = "0"] = parts.length === 1 ? ["*", parts[0]] : parts;
    Object.assign(event, {
      hour: numbers(hour ?? "*", 0, 24),
      minute: numbers(minute, 0, 60),
      second: numbers(second, 0, 60),
    });
  }
  if (words.length > 0) fail("unused parts");
  return event;
}

/** Seconds since 1970 of the first event after a time; undefined when there is none in the next hundred years. */
export function nextEvent(event: CalendarEvent, after: number): number | undefined {
  const offset = (at: number) => (event.utc ? 0 : new Date(at).getTimezoneOffset() * 60_000);
  const start = after * 1000 + 1000;
  // In a clock without time zones, which is moved by the zone's offset at the end.
  const local = start - offset(start);
  for (let day = Math.floor(local / DAY); day < Math.floor(local / DAY) + 36_600; day++) {
    const date = new Date(day * DAY);
    const fits =
      event.weekday(date.getUTCDay()) &&
      event.year(date.getUTCFullYear()) &&
      event.month(date.getUTCMonth() + 1) &&
      event.day(date.getUTCDate());
    if (!fits) continue;
    const from = Math.max(0, Math.floor((local - day * DAY) / 1000));
    const second = secondOfDay(event, from);
    if (second !== undefined) {
      const found = day * DAY + second * 1000;
      return Math.floor((found + offset(found)) / 1000);
    }
  }
  return undefined;
}

function secondOfDay({ hour, minute, second }: CalendarEvent, from: number): number | undefined {
  for (let at = from; at < 86_400;) {
    const h = Math.floor(at / 3600);
    const m = Math.floor(at / 60) % 60;
    if (!hour(h)) at = (h + 1) * 3600;
    else if (!minute(m)) at = (Math.floor(at / 60) + 1) * 60;
    else if (!second(at % 60)) at++;
    else return at;
  }
  return undefined;
}
