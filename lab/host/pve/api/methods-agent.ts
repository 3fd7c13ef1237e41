/** /nodes/{node}/qemu/{vmid}/agent: the guest agent of a running machine. */
import type { Method } from "../context";
import { boolean, integer, string, type Parameters, type Values } from "../schema/types";
import {
  AGENT_COMMANDS,
  agentCommand,
  agentExec,
  agentExecStatus,
  agentFileRead,
  agentFileWrite,
  agentSetPassword,
} from "../vm/agent";
import { idOf, loadVm } from "../vm/config";
import { node, vmid } from "./methods-lxc";

const O = { optional: true } as const;
const BASE = "/nodes/{node}/qemu/{vmid}/agent";
const guest: Parameters = { node, vmid };
/** Bytes that file-read gives at most. */
const MAX_READ = 16 * 1024 ** 2;

/** Words of a list parameter: see Property.list. */
export const wordsOf = (value: Values[string] | undefined): string[] =>
  value === undefined ? [] : String(value).split("\0");

export function agentMethods(release: 8 | 9): Method[] {
  const need =
    (...privileges: string[]): NonNullable<Method["permission"]> =>
    (check, values) =>
      check.require(
        `/vms/${values["vmid"]}`,
        release === 9 ? [...privileges, "VM.GuestAgent.Unrestricted"] : ["VM.Monitor"],
      );
  const text = (values: Values, key: string) => (values[key] === undefined ? undefined : String(values[key]));
  const plain = Object.entries(AGENT_COMMANDS).map(([name, { method }]): Method => ({
    method,
    path: `${BASE}/${name}`,
    parameters: guest,
    permission: need("VM.GuestAgent.Audit"),
    run: async ({ host }, values) => agentCommand(host, idOf(values), name),
  }));
  return [
    {
      method: "GET",
      path: BASE,
      parameters: guest,
      run: async () =>
        [
          ...Object.keys(AGENT_COMMANDS),
          "exec",
          "exec-status",
          "file-read",
          "file-write",
          "set-user-password",
        ]
          .sort()
          .map((name) => ({ name })),
    },
    {
      method: "POST",
      path: BASE,
      parameters: { ...guest, command: string({ enum: Object.keys(AGENT_COMMANDS).sort() }) },
      permission: need(),
      run: async ({ host }, values) => agentCommand(host, idOf(values), String(values["command"])),
    },
    ...plain,
    {
      method: "POST",
      path: `${BASE}/exec`,
      parameters: {
        ...guest,
        command: string({ list: true }),
        "input-data": string({ ...O, maxLength: 64 * 1024 }),
      },
      permission: need(),
      run: async ({ host }, values) => {
        loadVm(host, idOf(values));
        return agentExec(host, idOf(values), wordsOf(values["command"]), text(values, "input-data"));
      },
    },
    {
      method: "GET",
      path: `${BASE}/exec-status`,
      parameters: { ...guest, pid: integer() },
      permission: need(),
      run: async ({ host }, values) => agentExecStatus(host, idOf(values), Number(values["pid"])),
    },
    {
      method: "GET",
      path: `${BASE}/file-read`,
      parameters: {
        ...guest,
        file: string(),
        ...(release === 9 && { count: integer({ ...O, minimum: 1, maximum: MAX_READ }) }),
      },
      permission: need("VM.GuestAgent.FileRead"),
      run: async ({ host }, values) =>
        agentFileRead(host, idOf(values), String(values["file"]), Number(values["count"] ?? MAX_READ)),
    },
    {
      method: "POST",
      path: `${BASE}/file-write`,
      parameters: { ...guest, file: string(), content: string({ maxLength: 60 * 1024 }), encode: boolean(O) },
      permission: need("VM.GuestAgent.FileWrite"),
      run: async ({ host }, values) =>
        agentFileWrite(
          host,
          idOf(values),
          String(values["file"]),
          Buffer.from(String(values["content"]), values["encode"] === 0 ? "base64" : "utf8"),
        ),
    },
    {
      method: "POST",
      path: `${BASE}/set-user-password`,
      parameters: {
        ...guest,
        username: string(),
        password: string({ minLength: 5, maxLength: 1024 }),
        crypted: boolean(O),
      },
      permission: need(),
      run: async ({ host }, values) =>
        agentSetPassword(
          host,
          idOf(values),
          String(values["username"]),
          String(values["password"]),
          values["crypted"] === 1,
        ),
    },
  ];
}
