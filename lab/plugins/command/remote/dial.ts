import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import type { Context } from "../../shared/provider";
import type { Endpoint } from "./connection";
import { handshake } from "./handshake";
import { dialWithRetry } from "./retry";

/** A logged-in connection; `end` closes it and the proxy's. */
export interface Dialled {
  client: Client;
  end(): void;
}

/** Connects, through the proxy when there is one, with the retries of the real plugin. */
export async function dial(endpoint: Endpoint, context: Context): Promise<Dialled> {
  await probeAgent(endpoint);
  const { proxy } = endpoint;
  if (!proxy) {
    const client = await dialWithRetry("Dial", endpoint.dialErrorLimit, context, () => sshDial(endpoint));
    return { client, end: () => client.end() };
  }
  try {
    await probeAgent(proxy);
    const jump = await dialWithRetry("Dial proxy", proxy.dialErrorLimit, context, () => sshDial(proxy));
    try {
      const stream = await dialWithRetry("Dial from proxy", endpoint.dialErrorLimit, context, () =>
        forward(jump, endpoint),
      );
      // The real plugin retries on the stream it has already used up; one attempt has the same outcome.
      const client = await handshake(stream, endpoint);
      return { client, end: () => (client.end(), jump.end()) };
    } catch (error) {
      jump.end();
      throw error;
    }
  } catch (error) {
    throw new Error(`proxy: ${(error as Error).message}`, { cause: error });
  }
}

async function sshDial(endpoint: Endpoint): Promise<Client> {
  const socket = await tcp(endpoint);
  try {
    return await handshake(socket, endpoint);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function tcp(endpoint: Endpoint): Promise<Socket> {
  const { host, port, perDialTimeout } = endpoint;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const timer =
      perDialTimeout > 0
        ? setTimeout(() => {
            socket.destroy();
            reject(new Error(`dial tcp ${address(endpoint)}: i/o timeout`));
          }, perDialTimeout * 1000)
        : undefined;
    const failed = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      reject(new Error(dialFailure(error, endpoint)));
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", failed);
      resolve(socket);
    });
  });
}

const systemErrors: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
};

function dialFailure(error: NodeJS.ErrnoException, endpoint: Endpoint): string {
  if (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN")
    return `dial tcp: lookup ${endpoint.host}: no such host`;
  return `dial tcp ${address(endpoint)}: connect: ${systemErrors[error.code ?? ""] ?? error.message}`;
}

function address({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Reasons of a refused channel, RFC 4254 section 5.1. */
const refusals: Record<number, string> = {
  1: "administratively prohibited",
  2: "connect failed",
  3: "unknown channel type",
  4: "resource shortage",
};

function forward(jump: Client, endpoint: Endpoint): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    jump.forwardOut("0.0.0.0", 0, endpoint.host, endpoint.port, (error, stream) => {
      if (!error) return resolve(stream);
      const { reason } = error as Error & { reason?: number };
      const detail = error.message.replace(/^.*Channel open failure: ?/, "");
      reject(new Error(`ssh: rejected: ${refusals[reason ?? 2] ?? "unknown reason"} (${detail})`));
    });
  });
}

/** The real plugin connects to an agent first of all, even when a key is given. */
function probeAgent({ agentSocket }: Endpoint): Promise<void> {
  if (agentSocket === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const socket = connect(agentSocket);
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "ENOENT"
          ? "no such file or directory"
          : (systemErrors[error.code ?? ""] ?? error.message);
      reject(new Error(`dial unix ${agentSocket}: connect: ${reason}`));
    });
  });
}
