/** Proxmox VE's HTTPS API, to try a new stack's settings. */
import { request } from "node:https";
import { UserError } from "./errors";

export interface ApiLogin {
  /** `https://host:8006/`. */
  endpoint: string;
  username: string;
  password: string;
  /** Whether any certificate is accepted. */
  insecure: boolean;
}

interface Answer {
  status: number;
  reason: string;
  data: unknown;
}

function call(login: ApiLogin, path: string, body?: string, ticket?: string): Promise<Answer> {
  const url = new URL(`api2/json/${path}`, login.endpoint);
  return new Promise((done, fail) => {
    const headers = {
      ...(body !== undefined && { "Content-Type": "application/x-www-form-urlencoded" }),
      ...(ticket !== undefined && { Cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}` }),
    };
    const method = body === undefined ? "GET" : "POST";
    const sent = request(
      url,
      { method, headers, rejectUnauthorized: !login.insecure, timeout: 30_000 },
      (answer) => {
        let text = "";
        answer.on("data", (data: Buffer) => (text += data.toString()));
        answer.on("end", () => {
          let data: unknown;
          try {
            data = (JSON.parse(text) as { data?: unknown }).data;
          } catch {
            data = undefined;
          }
          done({ status: answer.statusCode ?? 0, reason: answer.statusMessage ?? "", data });
        });
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer within 30 s")));
    sent.on("error", fail);
    sent.end(body);
  });
}

/** Remedies for errors of the connection itself. */
function remedy({ endpoint }: ApiLogin, { code, message }: NodeJS.ErrnoException): string {
  const byCertificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code ?? "");
  return byCertificate
    ? `The certificate of ${endpoint} is not one that this machine trusts (${code}). Proxmox VE makes its own: --api-insecure takes it.`
    : `${endpoint} does not answer (${message}). Is --api-endpoint right, and port 8006 open to this machine?`;
}

/**
 * Logs in and gives the names of the cluster's nodes.
 * @throws UserError saying what is wrong; never with the password in it
 */
export async function nodesByApi(login: ApiLogin): Promise<string[]> {
  const form = new URLSearchParams({ username: login.username, password: login.password }).toString();
  try {
    const { status, data } = await call(login, "access/ticket", form);
    const { ticket } = (data ?? {}) as { ticket?: string };
    if (status === 401)
      throw new UserError(`${login.endpoint} refuses ${login.username} with this password.`);
    if (status !== 200 || ticket === undefined) {
      throw new UserError(`${login.endpoint} answers a login with status ${status}; is it Proxmox VE's API?`);
    }
    const nodes = await call(login, "nodes", undefined, ticket);
    return ((nodes.data ?? []) as { node: string }[]).map(({ node }) => node);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(remedy(login, error as NodeJS.ErrnoException));
  }
}
