/** Texts that containers and machines have in Proxmox VE in the same form. */

/**
 * The tag by which a stack knows its own guests on a node. Proxmox VE allows `[a-z0-9_][a-z0-9_+.-]*`.
 */
export function stackTag(stack: string): string {
  return `phoenix-${stack.toLowerCase().replace(/[^a-z0-9_+.-]/g, "-")}`;
}

/** What stands in the notes of a guest in Proxmox VE's interface; ends with a newline, as stored there. */
export function description(spec: { description?: string }, stack: string): string {
  const own = `Managed by Phoenix, stack ${stack}. Change it in the files of that stack: a change by hand may be undone by a later run.\n`;
  return spec.description === undefined ? own : `${spec.description}\n\n${own}`;
}

/** `order=1,up=5,down=5`: boot_order, then boot_delay seconds after starting and stopping it. */
export function startup({
  bootOrder,
  bootDelay,
}: {
  bootOrder?: number;
  /** Seconds. */
  bootDelay?: number;
}): string | undefined {
  const parts = [
    bootOrder !== undefined && `order=${bootOrder}`,
    bootDelay !== undefined && `up=${bootDelay},down=${bootDelay}`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(",") : undefined;
}
