import { createAgent, Client } from "ssh2";
import type { AnyAuthMethod, AuthenticationType } from "ssh2";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { Endpoint } from "./connection";

/** Logs in over a connected stream. Errors read as Go's `ssh.NewClientConn` words them. */
export function handshake(stream: Duplex, endpoint: Endpoint): Promise<Client> {
  const client = new Client();
  const tried: string[] = [];
  let mismatch = false;
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      client.destroy();
      reject(new Error(`ssh: handshake failed: ${reason}`));
    };
    client.once("ready", () => resolve(client));
    client.on("error", (error: Error & { level?: string; code?: string }) => {
      if (mismatch) fail("ssh: host key mismatch");
      else if (error.level === "client-authentication")
        fail(
          `ssh: unable to authenticate, attempted methods [${tried.join(" ")}], no supported methods remain`,
        );
      else if (/no matching host key format/.test(error.message))
        fail(`ssh: no common algorithm for host key; we offered: [${endpoint.hostKey?.type ?? ""}]`);
      else if (error.code === "ECONNRESET") fail(`${readOf(stream)}: read: connection reset by peer`);
      else if (/Connection lost before handshake/.test(error.message)) fail("EOF");
      else fail(`ssh: ${error.message}`);
    });
    client.once("close", () => fail("EOF"));
    client.connect({
      sock: stream,
      username: endpoint.user,
      readyTimeout: 0,
      ...(endpoint.hostKey
        ? { algorithms: { serverHostKey: [endpoint.hostKey.type as "ssh-ed25519"] } }
        : {}),
      hostVerifier: (key: Buffer) => {
        mismatch = endpoint.hostKey !== undefined && !endpoint.hostKey.blob.equals(key);
        return !mismatch;
      },
      authHandler: (left, _partial, next) => next(nextMethod(endpoint, left, tried) as never),
    });
  });
}

/** The order of the real plugin: none, key, password, keyboard-interactive, agent; each name once. */
function nextMethod(
  endpoint: Endpoint,
  left: AuthenticationType[] | null,
  tried: string[],
): AnyAuthMethod | false {
  const username = endpoint.user;
  if (left === null) {
    tried.push("none");
    return { type: "none", username };
  }
  const usable = (name: AuthenticationType): boolean => left.includes(name) && !tried.includes(name);
  const { key, password, agentSocket } = endpoint;
  if (key && usable("publickey")) {
    tried.push("publickey");
    return { type: "publickey", username, key };
  }
  if (password !== undefined && usable("password")) {
    tried.push("password");
    return { type: "password", username, password };
  }
  if (password !== undefined && usable("keyboard-interactive")) {
    tried.push("keyboard-interactive");
    return {
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)),
    };
  }
  if (agentSocket !== undefined && usable("publickey")) {
    tried.push("publickey");
    return { type: "agent", username, agent: createAgent(agentSocket) };
  }
  return false;
}

function readOf(stream: Duplex): string {
  const { localAddress, localPort, remoteAddress, remotePort } = stream as Socket;
  return remoteAddress ? `read tcp ${localAddress}:${localPort}->${remoteAddress}:${remotePort}` : "read tcp";
}
