/**
 * Why Proxmox VE refused a request, from an error of its provider, which puts the reason behind what it was doing and
 * how often it tried: `Proxmox VE answered 500: hostname lookup 'pve1' failed`. Undefined when it is no answer of
 * Proxmox VE's API.
 */
export function proxmoxReason(message: string): string | undefined {
  const [, status, reason] = /received an HTTP (\d{3}) response - Reason: ([^\n]+)/.exec(message) ?? [];
  return reason === undefined ? undefined : `Proxmox VE answered ${status}: ${reason.trim()}`;
}
