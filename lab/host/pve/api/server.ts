/** The node's HTTPS API below /api2/json. */
import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { checkCsrf, ticketUser, tokenUser } from "../access/secrets";
import { ParameterError, PveError } from "../errors";
import { prepareNode } from "../node";
import { WorkerError } from "../task/tasks";
import type { BeforeRequest } from "../../faults/hooks";
import type { Door } from "../../isolation/doors";
import type { Host } from "../../types";
import { certificate } from "./certificate";
import { backgroundContext, callMethod, findMethod } from "./dispatch";
import { ticketMethod } from "./methods-access";
import { methodsOf } from "./registry";

export interface Api {
  /** Requests answered since the start or the last reset. */
  requests(): number;
  resetRequests(): void;
  close(): Promise<void>;
  /** Cuts every connection. */
  drop(): void;
}

/** Larger bodies are refused, as pveproxy does. */
const MAX_BODY = 512 * 1024;

interface Reply {
  status: number;
  reason: string;
  body?: unknown;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) throw new PveError("upload too large", 413);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function bodyValues(request: IncomingMessage, body: string): Record<string, string> {
  if (body === "") return {};
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("application/json")) {
    const parsed = JSON.parse(body) as Record<string, unknown>;
    const text = (value: unknown): string => {
      if (typeof value === "boolean") return value ? "1" : "0";
      if (Array.isArray(value)) return value.map(text).join("\0");
      return typeof value === "string" ? value : JSON.stringify(value);
    };
    return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, text(value)]));
  }
  return formValues(new URLSearchParams(body));
}

/** What is given several times stands in one text, with a NUL between: only a list parameter takes that. */
function formValues(form: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(form.keys())].map((key) => [key, form.getAll(key).join("\0")]));
}

/** The user of a request; throws 401 with an empty body when there is none. */
async function authenticate(host: Host, request: IncomingMessage): Promise<string> {
  const refuse = async (reason: string): Promise<never> => {
    await host.latency("failed login");
    throw new Unauthorized(reason);
  };
  const token = /^PVEAPIToken[= ](.*)$/.exec(request.headers.authorization ?? "")?.[1];
  if (token !== undefined) return tokenUser(host, token) ?? (await refuse("Authentication failed!"));
  const cookie = /(?:^|;\s*)(?:__Host-)?PVEAuthCookie=([^;]*)/.exec(request.headers.cookie ?? "")?.[1];
  if (cookie === undefined) throw new Unauthorized("No ticket");
  const user =
    ticketUser(host, decodeURIComponent(cookie)) ?? (await refuse("permission denied - invalid PVE ticket"));
  if (request.method !== "GET") {
    const csrf = request.headers["csrfpreventiontoken"];
    if (!checkCsrf(host, user, typeof csrf === "string" ? csrf : undefined))
      return refuse("Permission denied - invalid csrf token");
  }
  return user;
}

class Unauthorized extends Error {}

function failed(error: unknown): Reply {
  if (error instanceof Unauthorized) return { status: 401, reason: error.message };
  if (error instanceof ParameterError) {
    const errors = error.errors;
    return { status: 400, reason: error.message, body: { data: null, message: error.message, errors } };
  }
  if (error instanceof PveError || error instanceof WorkerError) {
    const status = error instanceof PveError ? error.status : 500;
    return { status, reason: error.message, body: { data: null, message: error.message } };
  }
  throw error;
}

async function answer(host: Host, password: string, request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? "/", "https://localhost");
  const prefix = /^\/api2\/(?:json|extjs)(?=\/|$)/.exec(url.pathname)?.[0];
  if (prefix === undefined) return { status: 404, reason: `no such file '${url.pathname}'` };
  const path = url.pathname.slice(prefix.length).split("/").map(decodeURIComponent).join("/") || "/";
  const verb = request.method ?? "GET";
  const body = await readBody(request);
  try {
    const methods = [ticketMethod(password), ...methodsOf(host.release).all];
    const found = findMethod(methods, verb, path);
    const user = found?.method.open ? "" : await authenticate(host, request);
    if (!found) throw new PveError(`Method '${verb} ${path}' not implemented`, 501);
    const given = { ...formValues(url.searchParams), ...bodyValues(request, body), ...found.values };
    const data = await callMethod(backgroundContext(host, user), found.method, given);
    return { status: 200, reason: "OK", body: { data: data ?? null } };
  } catch (error) {
    return failed(error);
  }
}

function send(response: ServerResponse, { status, reason, body }: Reply): void {
  // A reason phrase is one line of Latin-1.
  const phrase = reason.replace(/[^\t\u0020-\u007e\u00a0-\u00ff]+/g, " ").trim();
  const text = body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, phrase, {
    "Content-Type": "application/json;charset=UTF-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "max-age=0",
    Server: "pve-api-daemon/3.0",
  });
  response.end(text);
}

/**
 * Serves /api2/json to whoever comes in by the door. `password` is root@pam's; the certificate is
 * kept in `certificateDir`.
 */
export async function startApi(
  host: Host,
  options: { door: Door; certificateDir: string; password: string; faults: BeforeRequest },
): Promise<Api> {
  await prepareNode(host);
  let requests = 0;
  const sockets = new Set<Socket>();
  const own = await certificate(options.certificateDir, host.node);
  // Without authorities of its own, Node.js would read all those that it knows, to ask nobody for a certificate.
  const server = createServer({ ...own, ca: own.cert }, (request, response) => {
    requests++;
    const path = new URL(request.url ?? "/", "https://localhost").pathname.replace(/^\/api2\/\w+/, "");
    const reply = async (): Promise<Reply | "hang"> =>
      (await options.faults(`${request.method} ${path}`)) ?? answer(host, options.password, request);
    reply().then(
      (given) => {
        // The client waits until it has had enough.
        if (given !== "hang") send(response, given);
      },
      (error: unknown) => {
        process.stderr.write(
          `the lab's API failed: ${error instanceof Error ? error.stack : String(error)}\n`,
        );
        send(response, { status: 500, reason: "the lab's API failed: see the lab's log" });
      },
    );
  });
  // Clients let a waiting connection go first, also on a machine so busy that their seconds are long.
  server.keepAliveTimeout = 60_000;
  options.door.onConnection((socket: Socket) => {
    server.emit("connection", socket);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return {
    requests: () => requests,
    resetRequests: () => void (requests = 0),
    close: () =>
      new Promise((resolve) => {
        options.door.shut();
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
        resolve();
      }),
    drop() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
