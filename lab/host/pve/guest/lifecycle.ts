/** template, resize, destroy and unlock of containers. */
import { forgetGuest } from "../access/pools";
import { dropFromJobs } from "../backup/jobs";
import type { Context } from "../context";
import { PveError } from "../errors";
import type { Values } from "../schema/types";
import { freeVolume, locate, parseSize, printSize, volumeHas, volumeSize } from "../storage/volumes";
import { checkLock, isTemplate, load, mounts, remove, save } from "./config";
import { withLock } from "./lock";
import { stopNow } from "./power";
import { isRunning } from "./state";
import { mountOf, ownVolumes, printMount, strayVolumes } from "./volumes";

const idOf = (values: Values): number => Number(values["vmid"]);

/** Turns a container into a template; the API answers before its task ends. */
export async function templateContainer(context: Context, values: Values): Promise<null> {
  const { host } = context;
  const vmid = idOf(values);
  await withLock(host, "lxc", vmid, () => {
    const config = load(host, "lxc", vmid);
    checkLock(config);
    if (Object.keys(config.snapshots).length > 0)
      throw new PveError("unable to create template, because CT contains snapshots");
    if (isTemplate(config)) throw new PveError("you can't convert a template to a template");
    if (isRunning(host, vmid)) throw new PveError("you can't convert a CT to template if the CT is running");
  });
  await context.fork("vztemplate", String(vmid), () =>
    withLock(host, "lxc", vmid, async () => {
      const config = load(host, "lxc", vmid);
      const all = mounts(host, config);
      for (const mount of all)
        if (mount.type !== "volume" || !volumeHas(host, mount.volume, "template"))
          throw new PveError(`Template feature is not available for '${mount.volume}'`);
      await host.latency("pct template");
      for (const mount of all) {
        const { plugin, storage, name } = locate(host, mount.volume);
        const volume = `${storage.id}:${plugin.createBase(host, storage, name)}`;
        config.values[mount.key] = printMount(host, { ...mount, values: { ...mount.values, volume } });
      }
      config.values["template"] = "1";
      save(host, "lxc", vmid, config);
    }),
  );
  return null;
}

export async function resizeContainer(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const disk = String(values["disk"]);
  const wanted = String(values["size"]);
  const target = () => {
    const config = load(host, "lxc", vmid);
    checkLock(config);
    const mount = mountOf(host, config, disk);
    if (!mount) throw new PveError(`no such volume '${disk}'`);
    if (mount.type !== "volume") throw new PveError(`can't resize mount point '${disk}': not a volume`);
    const before = volumeSize(host, mount.volume) ?? 0;
    const given = parseSize(wanted.replace(/^\+/, "")) ?? 0;
    const size = wanted.startsWith("+") ? before + given : given;
    if (size < before) throw new PveError("unable to shrink disk size");
    if (size === before) throw new PveError("disk is already at specified size");
    return { config, mount, size };
  };
  await withLock(host, "lxc", vmid, target, context.warn);
  return context.fork("resize", String(vmid), () =>
    withLock(host, "lxc", vmid, async () => {
      const { config, mount, size } = target();
      const { plugin, storage, name } = locate(host, mount.volume);
      plugin.resize(host, storage, name, size);
      await host.latency("pct resize");
      config.values[disk] = printMount(host, {
        ...mount,
        values: { ...mount.values, size: printSize(size) },
      });
      save(host, "lxc", vmid, config);
    }),
  );
}

export async function destroyContainer(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const force = values["force"] === 1;
  const check = () => {
    const config = load(host, "lxc", vmid);
    if (config.values["protection"] === "1")
      throw new PveError(`can't remove CT ${vmid} - protection mode enabled`);
    checkLock(config);
    return config;
  };
  check();
  if (isRunning(host, vmid) && !force)
    throw new PveError(`unable to destroy CT ${vmid} - container is running`);
  return context.fork("vzdestroy", String(vmid), (log) =>
    withLock(host, "lxc", vmid, async () => {
      const config = check();
      if (isRunning(host, vmid)) {
        if (!force) throw new PveError(`unable to destroy CT ${vmid} - container is running`);
        log(`forced to stop CT ${vmid} before destroying!`);
        await stopNow(host, vmid);
      }
      await host.latency("pct destroy");
      for (const volid of ownVolumes(host, vmid, config)) freeVolume(host, volid);
      if (values["destroy-unreferenced-disks"] === 1)
        for (const volid of strayVolumes(host, vmid)) freeVolume(host, volid);
      if (values["purge"] === 1) log(`purging CT ${vmid} from related configurations..`);
      forgetGuest(host, vmid);
      if (values["purge"] === 1) dropFromJobs(host, vmid);
      remove(host, "lxc", vmid);
    }),
  );
}

export async function unlockContainer(context: Context, values: Values): Promise<null> {
  const { host } = context;
  const vmid = idOf(values);
  await withLock(host, "lxc", vmid, () => {
    const config = load(host, "lxc", vmid);
    if (config.values["lock"] === undefined) throw new PveError("no lock found trying to remove any lock");
    delete config.values["lock"];
    save(host, "lxc", vmid, config);
  });
  return null;
}
