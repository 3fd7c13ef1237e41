/** All methods of the API, by release. */
import type { Method } from "../context";
import { accessMethods } from "./methods-access";
import { agentMethods } from "./methods-agent";
import { backupMethods } from "./methods-backup";
import { lxcMethods } from "./methods-lxc";
import { mappingMethods } from "./methods-mapping";
import { nodeMethods } from "./methods-node";
import { poolMethods } from "./methods-pools";
import { qemuMethods } from "./methods-qemu";
import { storageMethods } from "./methods-storage";
import { templateMethods } from "./methods-templates";

export interface Methods {
  all: readonly Method[];
  /** The method of a verb and path template; a missing one is a defect of the lab. */
  find: (method: Method["method"], path: string) => Method;
}

const built = new Map<8 | 9, Methods>();

export function methodsOf(release: 8 | 9): Methods {
  const known = built.get(release);
  if (known) return known;
  const all = [
    ...lxcMethods(release),
    ...storageMethods(release),
    ...templateMethods(),
    ...qemuMethods(),
    ...agentMethods(release),
    ...mappingMethods(),
    ...backupMethods(),
    ...nodeMethods(release),
    ...accessMethods(),
    ...poolMethods(),
  ];
  const methods: Methods = {
    all,
    find(method, path) {
      const found = all.find((entry) => entry.method === method && entry.path === path);
      if (!found) throw new Error(`no method ${method} ${path}`);
      return found;
    },
  };
  built.set(release, methods);
  return methods;
}
