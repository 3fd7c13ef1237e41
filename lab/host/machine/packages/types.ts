/**
 * The contract for whoever adds packages to the host: a package brings files, commands and units that exist
 * only while it is installed. A subject's packages are one `Catalogue` in a file of their own, joined in
 * packages/index.ts. Nothing else is needed: apt-get, dpkg and systemctl work from it.
 */
import type { Command, Host } from "../../types";

/** Packages by name. */
export type Catalogue = Record<string, Package>;

/**
 * Repository a package comes from. apt-get knows the package only once that repository is configured and
 * `apt-get update` has read it.
 */
export type Origin =
  | "debian"
  | "ubuntu"
  | "pve-no-subscription"
  | "pve-enterprise"
  | "ceph"
  | "nodesource"
  | "nvidia-cuda"
  | "nvidia-container"
  | "docker";

export interface Package {
  /** What the repository offers now, or what a new machine has when `upgrade` is there. */
  version: string;
  /** A newer version that the repository offers; upgrades take it. */
  upgrade?: string;
  /** `debian` by default; several when any of them will do. */
  from?: Origin | Origin[];
  /** Names that are installed along and removed by autoremove. */
  depends?: string[];
  /** Names that are installed along unless `--no-install-recommends` is given; one that no repository has is left out. */
  recommends?: string[];
  /** Names that an upgrade to `upgrade` installs along, as a new kernel is. */
  upgradeDepends?: string[];
  /** There when the machine is new. */
  installed?: boolean;
  /** Only for this release of Proxmox VE. */
  release?: 8 | 9;
  /** Cannot be removed: apt-get refuses. */
  essential?: boolean;
  /** By unit name, such as `smbd` or `chrony.service`; enabled and started on installation, as Debian does. */
  units?: Record<string, Unit>;
  /** By command name. */
  commands?: Record<string, PackageCommand>;
  /**
   * What it puts on the host, by absolute path. Below /etc these are configuration files: a change by the
   * user survives an upgrade and a removal, `purge` takes them away.
   */
  files?: Record<string, PackageFile>;
  /** Runs at the end of the installation, before its units start; its text is apt-get's output. An error fails the installation as a failed postinst does. */
  afterInstall?: (host: Host) => Promise<string | void> | string | void;
  /** Runs once its files are gone; `purge` tells whether configuration went too. */
  afterRemove?: (host: Host, purge: boolean) => Promise<string | void> | string | void;
}

/** A text, or what makes it when the package is installed. */
export type PackageFile = string | { text: string | ((host: Host) => string); mode?: number };

/** A command that exists only while its package is installed: before, `command -v` finds nothing. */
export interface PackageCommand {
  /**
   * The stand-in. Absent: only a program of this machine can serve; where the machine has none, the
   * command is there and says that the lab does not simulate it.
   */
  run?: Command;
  stdin?: boolean;
  /** `/usr/bin` by default. */
  folder?: "/usr/bin" | "/usr/sbin" | "/sbin";
  /**
   * Let the machine's own program of this name do it, where the machine has one, and the stand-in only where it
   * has none. False (the default when there is `run`) always takes the stand-in; `realProgram` in
   * packages/programs.ts tells it where the machine's program lies, to be run with `host.run` or `exec`. A function
   * tells whether the machine's program, by its path, will do on this release.
   */
  real?: boolean | ((program: string, release: 8 | 9) => boolean);
}

/** A unit that a package brings. Unit files that scripts write below /etc/systemd/system need no entry. */
export interface Unit {
  description: string;
  /** `simple` by default. A oneshot with `remains` stays active once it ran. */
  type?: "simple" | "notify" | "forking" | "oneshot";
  remains?: boolean;
  /** False: the package leaves it disabled and stopped. */
  enabled?: boolean;
  /** The program that systemctl shows. */
  execStart?: string;
  /** Names that stand for the same unit, such as `sshd` for `ssh`. */
  aliases?: string[];
  /** Whether it can be reloaded; `check` runs on a reload too. */
  reloads?: boolean;
  /**
   * Whether the service starts: undefined when it does, otherwise what it wrote into the journal before its main
   * process ended with `status` (1 by default).
   */
  check?: (host: Host) => Promise<StartFailure | undefined> | StartFailure | undefined;
  /** The service runs from now on; called on start, on a reload (again) and at boot. */
  started?: (host: Host) => Promise<void> | void;
  /** It no longer runs; not called when the host loses power. */
  stopped?: (host: Host) => Promise<void> | void;
}

export interface StartFailure {
  /** Lines of the journal, without time and prefix. */
  journal: string[];
  /** Exit status of the main process; 1 by default. */
  status?: number;
  /** Who wrote the lines: the program's name; by default the unit's name. */
  identifier?: string;
}
