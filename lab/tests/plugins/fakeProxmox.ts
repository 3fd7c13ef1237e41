import { createServer } from "node:https";
import type { Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { generate } from "selfsigned";
import { type Config, type FakeNode, type Guest, Refusal } from "./fakeNode";
import { answerStorage } from "./fakeStorage";
import { answerVm } from "./fakeVirtualMachines";

export interface Call {
  method: string;
  path: string;
  body: Record<string, string>;
}

/**
 * A Proxmox VE node reduced to what the provider's calls need: guests as maps, tasks that end at once. It
 * keeps every call, and refuses what it does not know.
 */
export class FakeProxmox implements FakeNode {
  readonly lxc = new Map<number, Guest>();
  readonly qemu = new Map<number, Guest>();
  readonly calls: Call[] = [];
  /** Exit status of tasks that fail, by the task's type. */
  readonly failing = new Map<string, string>();
  version = "9.2.1";
  /** What `interfaces` answers, by container. */
  readonly addresses = new Map<number, string>();
  /** Files on storages, by volume, with their size in bytes. */
  readonly volumes = new Map<string, number>();
  /** What query-url-metadata and download-url find at an address. */
  readonly remote = new Map<string, { filename: string; size: number }>();
  #tasks = new Map<string, string>();

  private constructor(
    readonly server: Server,
    readonly password: string,
  ) {}

  static async start(password = "secret"): Promise<FakeProxmox> {
    const { private: key, cert } = await generate([{ name: "commonName", value: "pvetest" }], {
      keySize: 2048,
    });
    const server = createServer({ key, cert });
    const fake = new FakeProxmox(server, password);
    server.on("request", (request, response) => void fake.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get endpoint(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const url = new URL(request.url ?? "", this.endpoint);
    const path = url.pathname.replace("/api2/json/", "");
    const form =
      request.method === "GET" || request.method === "DELETE" ? url.search : Buffer.concat(pieces).toString();
    const body = Object.fromEntries(new URLSearchParams(form));
    const method = request.method ?? "";
    try {
      if (path !== "access/ticket") this.#authenticate(request);
      this.calls.push({ method, path, body });
      response.end(JSON.stringify({ data: this.#answer(method, path, body) }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      response
        .writeHead(error.status, error.message)
        .end(JSON.stringify({ data: null, message: `${error.message}\n` }));
    }
  }

  #authenticate(request: IncomingMessage): void {
    if (request.headers.authorization === "PVEAPIToken=root@pam!lab=0-0") return;
    const cookie = request.headers.cookie === `PVEAuthCookie=${encodeURIComponent("PVE:root@pam:1::x")}`;
    const csrf = request.method === "GET" || request.headers["csrfpreventiontoken"] === "csrf";
    if (!cookie || !csrf) throw new Refusal(401, "permission denied - invalid PVE ticket");
  }

  #answer(method: string, path: string, body: Record<string, string>): unknown {
    const [guests, vmid, action] = this.#target(path);
    const isList = method === "GET" && path === "nodes/pvetest/qemu";
    if (guests === this.qemu && !isList) {
      const task = (type: string): string => this.#task(type);
      return answerVm(this, { method, vmid, action: path.split("/").slice(4).join("/"), body, task });
    }
    const guest = guests?.get(vmid);
    const existing = (): Guest => {
      if (guest) return guest;
      throw new Refusal(500, `Configuration file 'nodes/pvetest/lxc/${vmid}.conf' does not exist`);
    };
    if (path.includes("/storage/") || path.includes("query-url"))
      return answerStorage(this, method, path, body, (type) => this.#task(type));
    switch (
      `${method} ${path
        .replace(/(lxc|qemu)\/\d+/, "$1/ID")
        .replace(/UPID[^/]*/, "UPID")
        .replace(/nodes\/\w+/, "NODE")}`
    ) {
      case "POST access/ticket":
        if (body["username"] !== "root@pam" || body["password"] !== this.password)
          throw new Refusal(401, "authentication failure");
        return { ticket: "PVE:root@pam:1::x", CSRFPreventionToken: "csrf", username: "root@pam" };
      case "GET version":
        return { version: this.version };
      case "GET cluster/nextid":
        return "100";
      case "GET cluster/resources":
        return [...this.lxc, ...this.qemu].map(([id]) => ({ vmid: id, node: "pvetest" }));
      case "GET pools":
        return [];
      case "GET nodes":
        return [{ node: "pvetest" }];
      case "GET NODE/lxc":
      case "GET NODE/qemu":
        return [...(guests ?? [])].map(([id, { config, status }]) => ({
          vmid: id,
          name: config["hostname"] ?? config["name"],
          status,
          ...(config["tags"] === undefined ? {} : { tags: config["tags"] }),
          ...(config["template"] === 1 ? { template: 1 } : {}),
        }));
      case "POST NODE/lxc":
        return this.#create(body);
      case "GET NODE/lxc/ID/config":
        return { digest: "0", ...existing().config };
      case "PUT NODE/lxc/ID/config":
        this.#set(existing().config, body);
        return null;
      case "PUT NODE/lxc/ID/resize": {
        const { config } = existing();
        config["rootfs"] = String(config["rootfs"]).replace(/size=\w+/, `size=${body["size"]}`);
        return this.#task("resize");
      }
      case "GET NODE/lxc/ID/status/current":
        return { status: existing().status, vmid };
      case "GET NODE/lxc/ID/interfaces": {
        const address = this.addresses.get(vmid);
        return address === undefined
          ? []
          : [
              {
                name: "eth0",
                "ip-addresses": [{ "ip-address": address, "ip-address-type": "inet", prefix: 24 }],
              },
            ];
      }
      case "POST NODE/lxc/ID/status/start":
      case "POST NODE/lxc/ID/status/reboot":
        existing().status = "running";
        return this.#task(action);
      case "POST NODE/lxc/ID/status/shutdown":
        existing().status = "stopped";
        return this.#task(action);
      case "DELETE NODE/lxc/ID":
        if (existing().status === "running")
          throw new Refusal(500, `CT ${vmid} is running - destroy failed!`);
        guests?.delete(vmid);
        return this.#task("vzdestroy");
      case "GET NODE/tasks/UPID/status":
        return {
          status: "stopped",
          exitstatus: this.#tasks.get(decodeURIComponent(path.split("/")[3] ?? "")),
        };
      case "GET NODE/tasks/UPID/log":
        return [
          { n: 1, t: "what the task said" },
          { n: 2, t: "WARN: Systemd 257 detected. You may need to enable nesting." },
        ];
      default:
        throw new Refusal(501, `Method '${method} /${path}' not implemented`);
    }
  }

  #target(path: string): [Map<number, Guest> | undefined, number, string] {
    const [, , kind, id, ...rest] = path.split("/");
    return [
      kind === "lxc" ? this.lxc : kind === "qemu" ? this.qemu : undefined,
      Number(id),
      rest.at(-1) ?? "",
    ];
  }

  #task(type: string): string {
    const upid = `UPID:pvetest:0000${this.#tasks.size}:0:0:${type}::root@pam:`;
    this.#tasks.set(upid, this.failing.get(type) ?? "OK");
    return upid;
  }

  #create(body: Record<string, string>): string {
    const vmid = Number(body["vmid"]);
    if (this.lxc.has(vmid)) throw new Refusal(500, `CT ${vmid} already exists on node 'pvetest'`);
    const { start, storage, unprivileged, rootfs, template, ...rest } = body;
    delete rest["vmid"];
    delete rest["ostemplate"];
    const size = /volume=\w+:(\d+)/.exec(rootfs ?? "")?.[1] ?? "4";
    const config: Config = { rootfs: `${storage}:${vmid}/vm-${vmid}-disk-0.raw,size=${size}G`, swap: 512 };
    this.lxc.set(vmid, {
      config,
      status: start === "1" && !this.failing.has("start") ? "running" : "stopped",
    });
    this.#set(config, rest);
    if (unprivileged === "1") config["unprivileged"] = 1;
    if (template === "1") config["template"] = 1;
    return this.#task("vzcreate");
  }

  /** Values as Proxmox VE hands them back: numbers as numbers, `type=veth` in nets, no zero flags. */
  #set(config: Config, body: Record<string, string>): void {
    const { delete: removed = "", ...values } = body;
    for (const key of removed.split(",")) delete config[key];
    for (const [key, value] of Object.entries(values)) {
      if (/^net\d$/.test(key)) config[key] = `${value.replace(/host-managed=0,?/, "")},type=veth`;
      else if (key === "rootfs") config[key] = rootfsLine(value);
      else if (["protection"].includes(key) && value === "0") delete config[key];
      else config[key] = /^\d+$/.test(value) ? Number(value) : value;
    }
  }
}

function rootfsLine(value: string): string {
  const parts = Object.fromEntries(value.split(",").map((part) => part.split("=") as [string, string]));
  return `${parts["volume"]},size=${Number(parts["size"]) / 2 ** 30}G`;
}
