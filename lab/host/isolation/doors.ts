/**
 * The two ways into the lab's host: listening sockets on the machine's loopback. The daemon has no network of
 * its own but a loopback (network.sh), so that nothing in the host can open a connection beyond it.
 */
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { join } from "node:path";

const helper = join(__dirname, "listen.js");

/** What the helper says of a port. */
interface Answer {
  port: number;
  error?: string;
  code?: string;
}

/** Another program listens where this lab did before. */
export class PortTaken extends Error {
  constructor(port: number) {
    super(
      `port ${port} of 127.0.0.1, which this lab keeps, is taken by another program: ` +
        "end that one, or lab start --new-ports chooses others",
    );
  }
}

/** The network that the lab was started from. */
export class Outside {
  readonly #network: number;

  /** @param network its namespace, such as /proc/1234/ns/net; held open from now on */
  constructor(network: string) {
    this.#network = openSync(network, "r");
  }

  /** A listening socket on 127.0.0.1 for each port, in their order. @throws PortTaken, or what else stood in the way */
  listen(...ports: number[]): Promise<Server[]> {
    const enter = ["--net=/proc/self/fd/4", "--", process.execPath, helper, ...ports.map(String)];
    const child = spawn("nsenter", enter, { stdio: ["ignore", "ignore", "inherit", "ipc", this.#network] });
    const listening = new Map<number, Server>();
    return new Promise<Server[]>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code) =>
        reject(new Error(`listening on ${ports.join(" and ")} of 127.0.0.1 ended with ${code}`)),
      );
      child.on("message", ({ port, error, code }: Answer, server) => {
        if (code === "EADDRINUSE") reject(new PortTaken(port));
        else if (error !== undefined) reject(new Error(error));
        else listening.set(port, server as Server);
        if (listening.size === ports.length) resolve(ports.map((each) => listening.get(each) as Server));
      });
    }).finally(() => {
      if (child.connected) child.disconnect();
    });
  }

  /** Doors that are open. */
  async doors(...ports: number[]): Promise<Door[]> {
    const servers = await this.listen(...ports);
    return ports.map((port, index) => new Door(this, port, servers[index] as Server));
  }
}

/** One way in, which can be shut and opened again; nobody listens while it is shut. */
export class Door {
  readonly port: number;
  readonly #outside: Outside;
  #server: Server | undefined;
  /** Whether a new connection gets an answer; otherwise it is left waiting, as packets that are dropped leave it. */
  #admits: () => boolean = () => true;
  #stalled = false;
  readonly #sockets = new Set<Socket>();
  #enter: (socket: Socket) => void = (socket) => socket.destroy();

  constructor(outside: Outside, port: number, server: Server) {
    this.#outside = outside;
    this.port = port;
    this.#serve(server);
  }

  /** Who takes the connections. */
  onConnection(enter: (socket: Socket) => void): void {
    this.#enter = enter;
  }

  /** Asked for each new connection: false is a firewall that drops it. */
  guard(admits: () => boolean): void {
    this.#admits = admits;
  }

  /** The network behind the door is cut or mended: connections that stand neither end nor go on meanwhile. */
  stall(stalled: boolean): void {
    if (stalled === this.#stalled) return;
    this.#stalled = stalled;
    for (const socket of this.#sockets) {
      if (stalled) {
        socket.pause();
        socket.cork();
      } else {
        socket.uncork();
        socket.resume();
      }
    }
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const [server] = await this.#outside.listen(this.port);
    this.#serve(server as Server);
  }

  #serve(server: Server): void {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      if (this.#stalled || !this.#admits()) {
        socket.on("error", () => undefined);
        // As long as a client tries to connect (tcp_syn_retries, 127 s).
        setTimeout(() => socket.destroy(), 127_000).unref();
        return;
      }
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      this.#enter(socket);
    });
  }

  /** Connections that stand are left alone. */
  shut(): void {
    this.#server?.close();
    this.#server = undefined;
  }
}
