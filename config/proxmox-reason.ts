/**
 * Why Proxmox VE refused a request, from an error of its provider, where the reason comes after the operation and the
 * number of attempts: `Proxmox VE answered 500: hostname lookup 'pve1' failed`. Undefined when it is no answer of
 * Proxmox VE's API.
 */
export function proxmoxReason(message: string): string | undefined {
  const [, status, reason] = /received an HTTP (\d{3}) response - Reason: ([^\n]+)/.exec(message) ?? [];
  return reason === undefined ? undefined : `Proxmox VE answered ${status}: ${reason.trim()}`;
}
