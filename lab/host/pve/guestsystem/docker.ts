/** Docker's packages for Ubuntu, and what its daemon says inside a container of Proxmox VE. */
import { existsSync, readFileSync } from "node:fs";
import { inRoot } from "../../machine/confined";
import type { Catalogue } from "../../machine/packages/types";
import { stateOf } from "../../machine/units/state";
import type { Command, Host } from "../../types";

const VERSION = "5:28.5.1-1~ubuntu.24.04~noble";
const NUMBER = "28.5.1";

/** Features of the container that a guest's host stands for: `nesting`, `keyctl`, `fuse`. */
const features = (host: Host): string[] => host.store.get<string[]>("features", []);

/** The storage driver: what daemon.json says, or what the container's features permit. */
function driver(host: Host): string {
  const path = inRoot(host.root, "/etc/docker/daemon.json");
  const given = existsSync(path)
    ? /"storage-driver"\s*:\s*"([^"]+)"/.exec(readFileSync(path, "utf8"))?.[1]
    : undefined;
  return given ?? (features(host).includes("nesting") ? "overlay2" : "vfs");
}

/** What runs a container that asks for no other: daemon.json's, or runc. */
function defaultRuntime(host: Host): string {
  const path = inRoot(host.root, "/etc/docker/daemon.json");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "{}";
  return (JSON.parse(text) as { "default-runtime"?: string })["default-runtime"] ?? "runc";
}

const daemonText =
  "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n";

/** What runc says in a container without nesting, where it may not mount /proc (moby#47889 and its like). */
const noNesting =
  'docker: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting "proc" to rootfs at "/proc": mount src=proc, dst=/proc, dstFd=/proc/thread-self/fd/8, flags=0xe: permission denied\n\nRun \'docker run --help\' for more information\n';

const hello = [
  "",
  "Hello from Docker!",
  "This message shows that your installation appears to be working correctly.",
  "",
  "",
].join("\n");

/** Images that the registry has, of any version. */
const images = /^portainer\/(portainer-ce|agent)(:[\w.-]+)?$/;

/** A container that was started detached. */
interface Detached {
  running: boolean;
  labels: Record<string, string>;
}

const isDetached = (host: Host): Record<string, Detached> =>
  host.store.get<Record<string, Detached>>("docker-containers", {});

/** Images and detached containers: pull, run -d, inspect -f, start, rm -f. Undefined for what is not simulated. */
function containers(host: Host, verb: string, rest: string[]): Awaited<ReturnType<Command>> | undefined {
  const known = isDetached(host);
  const keep = (changed: Record<string, Detached>) => host.store.set("docker-containers", changed);
  const last = rest.at(-1) ?? "";
  if (verb === "pull" && rest.length === 1) {
    if (images.test(last))
      return { code: 0, stdout: `Status: Downloaded newer image for ${last}\ndocker.io/${last}\n` };
    return {
      code: 1,
      stderr: `Error response from daemon: pull access denied for ${last}, repository does not exist or may require 'docker login'\n`,
    };
  }
  if (verb === "run" && rest[0] === "-d") {
    const valued = ["--name", "--label", "--restart", "-p", "-v", "-e"];
    const options: [string, string][] = [];
    let at = 1;
    for (; valued.includes(rest[at] ?? ""); at += 2) options.push([rest[at]!, rest[at + 1] ?? ""]);
    const name = options.find(([option]) => option === "--name")?.[1];
    if (name === undefined || !images.test(rest[at] ?? "")) return undefined;
    if (known[name])
      return {
        code: 125,
        stderr: `docker: Error response from daemon: Conflict. The container name "/${name}" is already in use\n`,
      };
    const labels = options.flatMap(([option, text]) => (option === "--label" ? [text.split(/=(.*)/s)] : []));
    keep({
      ...known,
      [name]: { running: true, labels: Object.fromEntries(labels) as Record<string, string> },
    });
    return { code: 0, stdout: `${"0".repeat(64)}\n` };
  }
  if (!["inspect", "start", "rm"].includes(verb)) return undefined;
  const found = known[last];
  if (!found) return { code: 1, stderr: `Error response from daemon: No such container: ${last}\n` };
  if (verb === "inspect" && rest[0] === "-f" && rest.length === 3) {
    if (rest[1] === "{{.State.Running}}") return { code: 0, stdout: `${found.running}\n` };
    const label = /^\{\{index \.Config\.Labels "(.+)"\}\}$/.exec(rest[1] ?? "")?.[1];
    return label === undefined ? undefined : { code: 0, stdout: `${found.labels[label] ?? ""}\n` };
  }
  if (verb === "start" && rest.length === 1) {
    keep({ ...known, [last]: { ...found, running: true } });
    return { code: 0, stdout: `${last}\n` };
  }
  if (verb === "rm" && rest[0] === "-f" && rest.length === 2) {
    keep(Object.fromEntries(Object.entries(known).filter(([name]) => name !== last)));
    return { code: 0, stdout: `${last}\n` };
  }
  return undefined;
}

const run: Command = (host, { args }) => {
  const [verb = "", ...rest] = args;
  if (verb === "--version" || verb === "-v")
    return { code: 0, stdout: `Docker version ${NUMBER}, build e180ab8\n` };
  const up = stateOf(host, "docker.service").active === "active";
  if (["info", "version", "run", "ps", "pull", "inspect", "start", "rm", "logs"].includes(verb) && !up)
    return { code: 1, stderr: daemonText };
  if (verb === "info") {
    const format = rest.map((word) => /^(?:--format=|-f=?)(.*)$/.exec(word)?.[1]).find(Boolean) ?? rest.at(1);
    if (format === "{{.Driver}}" || format === "{{ .Driver }}")
      return { code: 0, stdout: `${driver(host)}\n` };
    if (format === "{{.DefaultRuntime}}") return { code: 0, stdout: `${defaultRuntime(host)}\n` };
    if (rest.length === 0)
      return {
        code: 0,
        stdout: `Server:\n Containers: 0\n Server Version: ${NUMBER}\n Storage Driver: ${driver(host)}\n`,
      };
  }
  if (verb === "version" && rest.length === 0)
    return { code: 0, stdout: `Client: Docker Engine - Community\n Version:           ${NUMBER}\n` };
  if (verb === "ps" && rest.length === 0)
    return { code: 0, stdout: "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n" };
  if (verb === "run") {
    if (!features(host).includes("nesting")) return { code: 125, stderr: noNesting };
    const words = rest.filter((word) => word !== "--rm");
    if (words.length === 1 && words[0] === "hello-world") return { code: 0, stdout: hello };
  }
  const answer = containers(host, verb, rest);
  if (answer !== undefined) return answer;
  return {
    code: 1,
    stderr: `docker: the lab does not simulate this command (${["docker", ...args].join(" ")})\n`,
  };
};

const from = "docker" as const;

/** As the toolkit's package ships it (nvidia-container-toolkit 1.17). */
const toolkitConfig = `[nvidia-container-cli]
#debug = "/var/log/nvidia-container-toolkit.log"
environment = []
load-kmods = true
#no-cgroups = false

[nvidia-container-runtime]
log-level = "info"
mode = "auto"
`;

export const docker: Catalogue = {
  "nvidia-container-toolkit": {
    version: "1.17.8-1",
    from: "nvidia-container",
    depends: ["nvidia-container-toolkit-base"],
  },
  "nvidia-container-toolkit-base": {
    version: "1.17.8-1",
    from: "nvidia-container",
    files: { "/etc/nvidia-container-runtime/config.toml": toolkitConfig },
  },
  "docker-ce": {
    version: VERSION,
    from,
    depends: ["docker-ce-cli", "containerd.io"],
    recommends: ["ca-certificates", "docker-ce-rootless-extras", "git", "pigz"],
    units: {
      docker: {
        description: "Docker Application Container Engine",
        type: "notify",
        execStart: "/usr/bin/dockerd -H fd://",
      },
    },
  },
  "docker-ce-rootless-extras": { version: VERSION, from },
  "docker-ce-cli": { version: VERSION, from, commands: { docker: { run } } },
  "containerd.io": {
    version: "1.7.28-1~ubuntu.24.04~noble",
    from,
    units: {
      containerd: {
        description: "containerd container runtime",
        type: "notify",
        execStart: "/usr/bin/containerd",
      },
    },
  },
  "docker-buildx-plugin": { version: "0.29.1-1~ubuntu.24.04~noble", from },
  "docker-compose-plugin": { version: "2.40.0-1~ubuntu.24.04~noble", from },
};
