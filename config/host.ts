/** The host's own set-up as the components read it: defaults applied, lists split. */
import type { FirewallRule } from "./firewall-schema";
import type { HypervisorConfig } from "./hypervisor-schema";
import { type NfsSpec, nfsSpec, type SambaSpec, sambaSpec } from "./sharing";

/** What is set up before anything is kept on the host. */
export interface SetupSpec {
  /** Absent leaves the node its own name. */
  hostname?: string;
  /** Such as Europe/Berlin. */
  timezone: string;
  /** The bridge that guests join; `address` with prefix length. */
  bridge: { name: string; address: string; gateway: string };
  /** Addresses, in the order of the file. */
  nameservers: string[];
  /** All packages are upgraded once for each value; `never` leaves them alone. */
  upgrade: string;
  nodesource: boolean;
  ufw: boolean;
}

/** The NVIDIA driver as it is installed on the host. */
export interface DriverSpec {
  version: string;
  runfileUrl: string;
  /** Of the .run file, hexadecimal. */
  sha256?: string;
  /** DKMS builds it for each new kernel. */
  dkms: boolean;
  /** The host may restart when the driver needs it. */
  reboot: boolean;
}

/** The administrator's account. */
export interface AdminSpec {
  username: string;
  /** A secret; NOT_SET leaves the password alone. */
  passwordHash: string;
  /** Whether the user joins the group sudo. */
  sudo: boolean;
  /** One line; empty for none. */
  sshPublicKey: string;
}

/** The firewall of the datacenter. */
export interface FirewallSpec {
  enabled: boolean;
  policyIn: FirewallPolicy;
  policyOut: FirewallPolicy;
  /** The first that fits wins. */
  rules: FirewallRule[];
}

type FirewallPolicy = "ACCEPT" | "DROP" | "REJECT";

/** What is set up on the host itself, beside its storage. */
export interface HostSpec {
  setup: SetupSpec;
  /** Absent when the host gets none; guests may have one all the same. */
  driver?: DriverSpec;
  admin?: AdminSpec;
  nfs?: NfsSpec;
  samba?: SambaSpec;
  /** Absent leaves the datacenter's firewall as it is. */
  firewall?: FirewallSpec;
}

/** What the host's file says of the host itself. */
export function hostSpec(hypervisor: HypervisorConfig): HostSpec {
  const { nvidia_driver: driver, users, firewall } = hypervisor;
  const nfs = nfsSpec(hypervisor);
  const samba = sambaSpec(hypervisor);
  return {
    setup: setupSpec(hypervisor),
    ...(driver?.install && { driver: driverSpec(driver) }),
    ...(users && { admin: adminSpec(users) }),
    ...(nfs && { nfs }),
    ...(samba && { samba }),
    ...(firewall && { firewall: firewallSpec(firewall) }),
  };
}

function setupSpec({ timezone, initial_setup: wanted, network }: HypervisorConfig): SetupSpec {
  const { name, address, gateway, dns_nameservers: nameservers } = network.interfaces;
  const { hostname, upgrade, nodesource, ufw } = wanted;
  return {
    ...(hostname !== undefined && { hostname }),
    timezone,
    bridge: { name, address, gateway },
    nameservers: nameservers.split(/[ ,]+/).filter((word) => word !== ""),
    upgrade,
    nodesource,
    ufw,
  };
}

function driverSpec(driver: NonNullable<HypervisorConfig["nvidia_driver"]>): DriverSpec {
  const { version, runfile_url: runfileUrl, runfile_sha256: sha256, dkms, reboot } = driver;
  return { version, runfileUrl, ...(sha256 !== undefined && { sha256 }), dkms, reboot };
}

function adminSpec(user: NonNullable<HypervisorConfig["users"]>): AdminSpec {
  const { username, password_hash: passwordHash, sudo_access: sudo, ssh_public_key: key } = user;
  return { username, passwordHash, sudo, sshPublicKey: key.trim() };
}

function firewallSpec(firewall: NonNullable<HypervisorConfig["firewall"]>): FirewallSpec {
  const { enabled, default_input_policy: policyIn, default_output_policy: policyOut, rules } = firewall;
  return { enabled, policyIn, policyOut, rules };
}
