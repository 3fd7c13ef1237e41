/** What asks the servers from outside: showmount, and smbclient's list of shares. */
import { readFileSync } from "node:fs";
import type { Answer, Command, Host } from "../../../types";
import { inRoot } from "../../confined";
import { stateOf } from "../../units/state";
import { exported } from "./exportfs";
import { opens } from "./passdb";
import { readConfiguration } from "./smbConf";
import { sambaVersion } from "./testparm";

const runs = (host: Host, unit: string): boolean => stateOf(host, `${unit}.service`).active === "active";

/** Whether a word names this host: only it can be reached. `unknown` for a name that nobody knows. */
function reach(host: Host, word: string): "own" | "other" | "unknown" {
  const own = host.machine.bridges.map(({ address }) => address.split("/")[0]);
  if (["127.0.0.1", "::1", "localhost", host.node, ...own].includes(word)) return "own";
  if (/^[0-9.]+$|:/.test(word)) return "other";
  const lines = readFileSync(inRoot(host.root, "/etc/hosts"), "utf8").split("\n");
  const known = lines
    .map((line) => line.replace(/#.*/, "").trim().split(/\s+/))
    .find(([, ...names]) => names.includes(word));
  return known === undefined ? "unknown" : own.includes(known[0]) ? "own" : "other";
}

const showmountUsage =
  "Usage: showmount [-adehv]\n       [--all] [--directories] [--exports]\n       [--no-headers] [--help] [--version] [host]\n";

export const showmount: Command = (host, call) => {
  let [heads, exports] = [true, false];
  let server = "localhost";
  for (const word of call.args) {
    if (word === "-e" || word === "--exports") exports = true;
    else if (word === "--no-headers") heads = false;
    else if (word === "-h" || word === "--help") return { code: 0, stderr: showmountUsage };
    else if (/^-[adv]$/.test(word) || /^--(all|directories|version)$/.test(word))
      return { code: 1, stderr: `showmount: the lab does not simulate ${word}\n` };
    else if (word.startsWith("--"))
      return { code: 1, stderr: `showmount: unrecognized option '${word}'\n${showmountUsage}` };
    else if (word.startsWith("-"))
      return { code: 1, stderr: `showmount: invalid option -- '${word.charAt(1)}'\n${showmountUsage}` };
    else server = word;
  }
  if (!exports) return { code: 1, stderr: "showmount: the lab only simulates -e\n" };
  const reached = reach(host, server);
  if (reached === "unknown") return { code: 1, stderr: "clnt_create: RPC: Unknown host\n" };
  if (reached === "other" || !runs(host, "rpcbind"))
    return { code: 1, stderr: "clnt_create: RPC: Unable to receive\n" };
  if (!runs(host, "nfs-server")) return { code: 1, stderr: "clnt_create: RPC: Program not registered\n" };
  const clients = new Map<string, string[]>();
  for (const { path, client } of exported(host)) clients.set(path, [...(clients.get(path) ?? []), client]);
  const width = Math.max(...[...clients.keys()].map((path) => path.length), 0);
  const lines = [...clients].map(([path, who]) => {
    const everyone = who.includes("*") || who.includes("");
    return `${path.padEnd(width)} ${everyone ? "(everyone)" : who.join(",")}\n`;
  });
  return { code: 0, stdout: `${heads ? `Export list for ${server}:\n` : ""}${lines.join("")}` };
};

const sessionFailed = (status: string): Answer => ({ code: 1, stdout: `session setup failed: ${status}\n` });

export const smbclient: Command = (host, call) => {
  const words = [...call.args];
  let [server, login] = [undefined as string | undefined, undefined as string | undefined];
  let anonymous = false;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "-L" || word === "--list") server = words.shift();
    else if (word === "-N" || word === "--no-pass") anonymous = true;
    else if (word === "-U" || word === "--user") login = words.shift();
    else if (word === "-A" || word === "--authentication-file") login = loginFile(host, words.shift() ?? "");
    else return { code: 1, stderr: `smbclient: the lab does not simulate ${word}\n` };
  }
  if (server === undefined) return { code: 1, stderr: "smbclient: the lab only simulates -L\n" };
  const name = server.replace(/^\/\//, "");
  const reached = reach(host, name);
  const error = (status: string): Answer => ({
    code: 1,
    stdout: `do_connect: Connection to ${name} failed (Error ${status})\n`,
  });
  if (reached === "unknown") return error("NT_STATUS_NOT_FOUND");
  if (reached === "other") return error("NT_STATUS_IO_TIMEOUT");
  if (!runs(host, "smbd")) return error("NT_STATUS_CONNECTION_REFUSED");
  const [user = "", password = ""] = (login ?? "").split(/%(.*)/s);
  if (login === undefined && !anonymous)
    return { code: 1, stderr: "smbclient: the lab asks for no password\n" };
  if (login !== undefined && !opens(host, user, password)) return sessionFailed("NT_STATUS_LOGON_FAILURE");
  const { shares } = readConfiguration(host);
  const seen = shares.filter(
    ({ name: one, values }) =>
      values.get("browseable") !== "No" &&
      values.get("available") !== "No" &&
      !["homes", "printers"].includes(one),
  );
  const lines = [
    ...seen.map(({ name: one, values }) => `\t${one.padEnd(15)} Disk      ${values.get("comment") ?? ""}`),
    `\t${"IPC$".padEnd(15)} IPC       IPC Service (Samba ${sambaVersion})`,
  ];
  const head = ["", "\tSharename       Type      Comment", "\t---------       ----      -------"];
  const text = [...head, ...lines, "SMB1 disabled -- no workgroup available"]
    .map((line) => `${line}\n`)
    .join("");
  return { code: 0, stdout: text };
};

/** `username = …` and `password = …`. */
function loginFile(host: Host, path: string): string {
  const text = readFileSync(inRoot(host.root, path), "utf8");
  const value = (key: string) => new RegExp(`^\\s*${key}\\s*=\\s*(.*)$`, "m").exec(text)?.[1] ?? "";
  return `${value("username")}%${value("password")}`;
}
