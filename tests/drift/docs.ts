/** The tables of docs/drift.md: what is looked at, and what is not. */
import { withoutLook } from "../components/without-look";
import { elsewhere } from "./elsewhere";
import type { Row } from "./table";

/** What stands between these lines of the file is made from the tables. */
export const markers = {
  looked: "what is looked at: made from tests/drift by PHOENIX_DOCS=write npm test -- drift/docs",
  without: "what is not looked at: made from tests/components/without-look.ts, as above",
};

/** Rooms in the order in which the host and its guests are set up. */
const areas: [title: string, room: RegExp][] = [
  ["Host", /^hypervisor\/(?!zfs|nfs|samba|nvidia|share)/],
  ["Storages and shares", /^hypervisor\/(zfs|nfs|samba|share)/],
  ["NVIDIA's driver", /^hypervisor\/nvidia/],
  ["Containers", /^container\//],
  ["Machines", /^vm\//],
];

/** A table for each area: what is looked at, in which room, and the text of one that was changed. */
export function lookedText(rows: readonly Row[]): string {
  const known = new Map<string, Pick<Row, "room" | "sets" | "shows">>();
  for (const row of rows) {
    const key = `${row.room} ${row.sets}`;
    if (!known.has(key)) known.set(key, row);
  }
  const others = Object.entries(elsewhere).map(([room, { sets, shows }]) => ({ room, sets, shows: [shows] }));
  const all = [...known.values(), ...others];
  return areas
    .map(([title, of]) => {
      const lines = all
        .filter(({ room }) => of.test(room))
        .map(
          ({ room, sets, shows }) => `| ${sets} | \`${room}\` | \`${shows[0]!.replaceAll("|", "\\|")}\` |`,
        );
      return `### ${title}\n\n| what | room | shown as, for example |\n| --- | --- | --- |\n${lines.join("\n")}\n`;
    })
    .join("\n");
}

export const withoutText = (): string =>
  `| room | why it is not looked at |\n| --- | --- |\n${Object.entries(withoutLook)
    .map(([room, why]) => `| \`${room}\` | ${why} |`)
    .join("\n")}\n`;

/** The file with this text between the lines of a marker. */
export function withText(file: string, marker: string, text: string): string {
  const [begin, end] = [`<!-- ${marker} -->\n`, "<!-- end -->"];
  const from = file.indexOf(begin) + begin.length;
  if (from < begin.length) throw new Error(`no line <!-- ${marker} -->`);
  return `${file.slice(0, from)}\n${text}\n${file.slice(file.indexOf(end, from))}`;
}
