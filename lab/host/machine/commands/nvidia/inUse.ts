/** What keeps NVIDIA's module, or one of its cards, from being given up. */
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../../types";
import { nvidiaMinors } from "../../pci/binding";

const major = 195;

/** Running guests whose configuration gives them devices of that name, as a pattern behind `/dev/nvidia`. */
function guestsWith(host: Host, name: string): string[] {
  const guests = join(host.root, "run/lab-guests");
  const running = existsSync(guests) ? readdirSync(guests) : [];
  const conf = (id: string) => join(host.root, "etc/pve/nodes", host.node, "lxc", `${id}.conf`);
  const line = new RegExp(`^(dev\\d+|lxc\\.mount\\.entry): */dev/nvidia${name}`, "m");
  return running.filter(
    (id) =>
      alive(join(guests, id, "pid")) &&
      existsSync(conf(id)) &&
      line.test(readFileSync(conf(id), "utf8").replace(/^\[[^]*/m, "")),
  );
}

/** Running guests with NVIDIA's devices, and the persistence daemon. */
export function nvidiaUsers(host: Host): string[] {
  const users = guestsWith(host, "");
  return alive(join(host.root, "run/nvidia-persistenced/nvidia-persistenced.pid")) ? [...users, "pd"] : users;
}

function alive(pidFile: string): boolean {
  return existsSync(pidFile) && existsSync(join("/proc", readFileSync(pidFile, "utf8").trim()));
}

const persistence = (host: Host) => join(host.root, "run/phoenix-lab/nvidia-persistence");

/** Addresses of the cards in persistence mode; the module forgets it when it goes. */
export function persistent(host: Host): string[] {
  return existsSync(persistence(host))
    ? readFileSync(persistence(host), "utf8").split("\n").filter(Boolean)
    : [];
}

export function setPersistent(host: Host, cards: string[], on: boolean): void {
  const others = persistent(host).filter((pci) => !cards.includes(pci));
  const all = on ? [...others, ...cards] : others;
  if (all.length === 0) rmSync(persistence(host), { force: true });
  else writeFileSync(persistence(host), all.map((pci) => `${pci}\n`).join(""));
}

/** Whether a card's usage count is not zero: a running guest has it, a process holds it open, or persistence mode. */
export function cardInUse(host: Host, pci: string): boolean {
  const minor = nvidiaMinors(host)[pci];
  if (minor === undefined) return false;
  return (
    persistent(host).includes(pci) ||
    guestsWith(host, `${minor}(,|\\s|$)`).length > 0 ||
    heldOpen(host, (major << 8) + minor)
  );
}

/** Whether a process of the host has a device open. */
function heldOpen(host: Host, device: number): boolean {
  const proc = join(host.root, "proc");
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readdirSync(join(proc, pid, "fd")).some((fd) => {
          const stat = statSync(join(proc, pid, "fd", fd), { throwIfNoEntry: false });
          return stat?.isCharacterDevice() === true && stat.rdev === device;
        });
      } catch {
        // It has ended meanwhile.
        return false;
      }
    });
}
