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

const run: Command = (host, { args }) => {
  const [verb = "", ...rest] = args;
  if (verb === "--version" || verb === "-v")
    return { code: 0, stdout: `Docker version ${NUMBER}, build e180ab8\n` };
  const up = stateOf(host, "docker.service").active === "active";
  if (["info", "version", "run", "ps"].includes(verb) && !up) return { code: 1, stderr: daemonText };
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
