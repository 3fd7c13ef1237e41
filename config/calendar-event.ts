/** Calendar events as Proxmox VE reads them: weekdays, a date, a time, each of which may be missing, but not all. */

const named = [
  ...["minutely", "hourly", "daily", "weekly", "monthly", "yearly", "annually", "quarterly"],
  ...["semiannually", "semi-annually"],
];

const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** Place of a weekday by its name or the first three letters of it; -1 for no weekday. */
const dayOf = (name: string): number =>
  days.findIndex((day) => [day, day.slice(0, 3)].includes(name.toLowerCase()));

function areDays(text: string): boolean {
  return text.split(",").every((range) => {
    const ends = range.split("..");
    const [first = -1, last = first] = ends.map(dayOf);
    // A week may also begin with Sunday.
    return ends.length <= 2 && first >= 0 && last >= 0 && (first <= last || first === 6);
  });
}

/** `*`, or a list of numbers and ranges below `most`, each with a step or without. */
function areNumbers(text: string, most: number): boolean {
  return text.split(",").every((part) => {
    const match = /^(?:\*|(\d+)(?:\.\.(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!match || (part.startsWith("*") && text.includes(","))) return false;
    const [, first, last = first, step = "1"] = match;
    if (step === "0" || Number(step) >= most) return false;
    return first === undefined || (Number(first) <= Number(last) && Number(last) < most);
  });
}

function isDate(text: string): boolean {
  const parts = text.split("-");
  const most = [2200, 13, 32].slice(-parts.length);
  return [2, 3].includes(parts.length) && parts.every((part, place) => areNumbers(part, most[place]!));
}

function isTime(text: string): boolean {
  const parts = text.split(":");
  const most = parts.length === 1 ? [60] : [24, 60, 60];
  return parts.length <= 3 && parts.every((part, place) => areNumbers(part, most[place]!));
}

/** Whether Proxmox VE takes it for a schedule, such as `02:30`, `sat 04:00` or `*-*-01 03:00 UTC`. */
export function isCalendarEvent(text: string): boolean {
  const event = text.replace(/ *UTC$/, "");
  if (named.includes(event)) return true;
  const words = event.split(/ +/);
  if (/^[a-z]/i.test(event) && !areDays(words.shift()!)) return false;
  if (words[0]?.includes("-") && !isDate(words.shift()!)) return false;
  return event !== "" && (words.length === 0 || (words.length === 1 && isTime(words[0]!)));
}
