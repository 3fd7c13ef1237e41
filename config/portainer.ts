/** Portainer's server or agent in a container, by its portainer_role. */
import { hasFeature } from "./has-feature";
import type { HypervisorConfig } from "./hypervisor-schema";
import type { ContainerConfig, LxcConfigs } from "./lxc-schema";

export interface PortainerSpec {
  role: "server" | "agent";
  image: string;
  /** Pairs outer:inner. */
  ports: string[];
}

/** Images where the host's file names none. An agent is of its server's version. */
export const portainerImages = {
  server: "portainer/portainer-ce:2.27.6",
  agent: "portainer/agent:2.27.6",
} as const;

/** Undefined where it plays no part, or has no Docker. */
export function portainerSpec(
  ctid: number,
  { portainer_role: role, ports }: ContainerConfig,
  { hypervisor, lxc }: { hypervisor: HypervisorConfig; lxc: LxcConfigs },
): PortainerSpec | undefined {
  if (role !== "server" && role !== "agent") return undefined;
  if (!hasFeature(String(ctid), "docker", lxc.lxc_configs)) return undefined;
  const { docker, network } = hypervisor;
  if (role === "agent") {
    const image = docker?.portainer_agent_image ?? portainerImages.agent;
    return { role, image, ports: [`${network.portainer_agent_port}:9001`] };
  }
  const own = ports.length > 0 ? ports : [`${network.portainer_server_port}:9443`];
  return { role, image: docker?.portainer_server_image ?? portainerImages.server, ports: own };
}
