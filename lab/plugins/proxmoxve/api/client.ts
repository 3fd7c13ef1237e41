import { Agent, request } from "node:https";
import type { SecureVersion } from "node:tls";
import type { IncomingMessage } from "node:http";
import { HttpError, wrap } from "./errors";

export interface Settings {
  /** Base address, such as https://127.0.0.1:8006/. */
  endpoint: string;
  /** Takes any certificate. */
  insecure: boolean;
  minTls: SecureVersion;
  username?: string;
  password?: string;
  /** `user@realm!name=uuid`; used instead of a login. */
  apiToken?: string;
}

export type Parameters = Record<string, string | number>;

interface Ticket {
  ticket: string;
  csrf: string;
}

interface Answer {
  status: number;
  text: string;
  body: string;
}

/** Proxmox VE's HTTPS API, with one login for all requests. */
export class ApiClient {
  readonly #agent: Agent;
  readonly #base: string;
  #login: Promise<Ticket> | undefined;

  constructor(readonly settings: Settings) {
    this.#agent = new Agent({
      keepAlive: true,
      // A waiting connection is closed before the server may close it: a request that leaves in that moment is lost.
      timeout: 2000,
      rejectUnauthorized: !settings.insecure,
      minVersion: settings.minTls,
    });
    this.#base = settings.endpoint.replace(/\/+$/, "");
  }

  /**
   * The `data` of an answer. A GET is tried three times when no answer comes.
   * @param path Below /api2/json, without a leading slash.
   * @throws HttpError for any answer but a success.
   */
  async call<T>(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    parameters: Parameters = {},
  ): Promise<T> {
    const headers = await this.#authenticate(method).catch((error: unknown) => {
      throw wrap(`failed to authenticate HTTP ${method} request (path: ${path}) - Reason`, error);
    });
    let answer: Answer | undefined;
    for (let attempt = 1; !answer; attempt++) {
      try {
        answer = await this.#send(method, path, encode(parameters), headers);
      } catch (error) {
        if (method !== "GET" || attempt === 3)
          throw wrap(`failed to perform HTTP ${method} request (path: ${path}) - Reason`, error);
      }
    }
    return dataOf(answer) as T;
  }

  /** Whether the login is root@pam with its password: some settings are only this account's. */
  get isRoot(): boolean {
    return this.settings.apiToken === undefined && this.settings.username === "root@pam";
  }

  close(): void {
    this.#agent.destroy();
  }

  async #authenticate(method: string): Promise<Record<string, string>> {
    const { apiToken } = this.settings;
    if (apiToken !== undefined) return { Authorization: `PVEAPIToken=${apiToken}` };
    // A failed login is tried again by the next request.
    this.#login ??= this.#logIn().catch((error: unknown) => {
      this.#login = undefined;
      throw error;
    });
    const { ticket, csrf } = await this.#login;
    const cookie = `PVEAuthCookie=${encodeURIComponent(ticket)}`;
    return method === "GET" ? { Cookie: cookie } : { Cookie: cookie, CSRFPreventionToken: csrf };
  }

  async #logIn(): Promise<Ticket> {
    const { username, password } = this.settings;
    if (username === undefined || password === undefined)
      throw new Error("must provide either username and password, an API token, or a ticket");
    const body = encode({ username, password });
    const answer = await this.#send("POST", "access/ticket", body, {}).catch((error: unknown) => {
      throw wrap("failed to retrieve authentication response", error);
    });
    let data: { ticket?: string; CSRFPreventionToken?: string } | null;
    try {
      data = dataOf(answer) as typeof data;
    } catch (error) {
      throw wrap("failed to authenticate", error);
    }
    if (!data?.ticket || !data.CSRFPreventionToken)
      throw new Error("the server did not include a ticket in the authentication response");
    return { ticket: data.ticket, csrf: data.CSRFPreventionToken };
  }

  #send(method: string, path: string, body: string, headers: Record<string, string>): Promise<Answer> {
    const inUrl = method === "GET" || method === "DELETE";
    const url = `${this.#base}/api2/json/${path}${inUrl && body !== "" ? `?${body}` : ""}`;
    const form = inUrl || body === "" ? {} : { "Content-Type": "application/x-www-form-urlencoded" };
    const content = inUrl ? "" : body;
    return new Promise((resolve, reject) => {
      const options = {
        method,
        agent: this.#agent,
        headers: {
          Accept: "application/json",
          "Content-Length": Buffer.byteLength(content),
          ...form,
          ...headers,
        },
      };
      const sent = request(url, options, (response) => {
        read(response).then(resolve, reject);
      });
      sent.on("error", (error: NodeJS.ErrnoException) => {
        const { host } = new URL(url);
        const verb = method.charAt(0) + method.slice(1).toLowerCase();
        const reason =
          error.code === "ECONNREFUSED" ? `dial tcp ${host}: connect: connection refused` : error.message;
        reject(new Error(`${verb} "${url}": ${reason}`));
      });
      sent.end(content);
    });
  }
}

function encode(parameters: Parameters): string {
  const pairs = Object.entries(parameters).map(([key, value]): [string, string] => [key, String(value)]);
  return new URLSearchParams(pairs).toString();
}

async function read(response: IncomingMessage): Promise<Answer> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const { statusCode: status = 0, statusMessage: text = "" } = response;
  return { status, text, body: Buffer.concat(pieces).toString() };
}

interface Body {
  data?: unknown;
  errors?: Record<string, string>;
  message?: string;
}

function dataOf(answer: Answer): unknown {
  let body: Body | undefined;
  try {
    body = JSON.parse(answer.body) as Body;
  } catch {
    body = undefined;
  }
  if (answer.status >= 200 && answer.status < 300) return body?.data ?? null;
  const details = Object.entries(body?.errors ?? {}).map(
    ([key, text]) => `${key}: ${text.replace(/[\r\n]+$/, "")}`,
  );
  // The first line of the message repeats the status text.
  const lines = (body?.message ?? "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith(answer.text));
  const all = [...details, ...lines];
  throw new HttpError(answer.status, all.length > 0 ? `${answer.text} (${all.join(" - ")})` : answer.text);
}
