/** The NVIDIA driver that host and containers share. */
import type { HypervisorConfig } from "./hypervisor-schema";
import type { LxcConfigs } from "./lxc-schema";
import { hasFeature } from "./has-feature";

/** The NVIDIA driver that host and containers share. */
export interface NvidiaSpec {
  version: string;
  runfileUrl: string;
  /** Of the .run file, hexadecimal. */
  sha256?: string;
  /** Such as 12.8; absent for no toolkit. */
  cudaVersion?: string;
  /** Address above CUDA's repositories of all releases, without a slash at its end. */
  cudaRepositories: string;
}

/** NVIDIA's own address, which the container file's nvidia_repo_url may replace by a mirror's. */
const cudaRepositories = "https://developer.download.nvidia.com/compute/cuda/repos";

/** The driver that the files name. */
export function nvidiaSpec(
  driver: NonNullable<HypervisorConfig["nvidia_driver"]>,
  { nvidia_repo_url: url }: LxcConfigs,
): NvidiaSpec {
  const { version, runfile_url: runfileUrl, runfile_sha256: sha256, cuda_version: cudaVersion } = driver;
  return {
    version,
    runfileUrl,
    ...(sha256 !== undefined && { sha256 }),
    ...(cudaVersion !== undefined && { cudaVersion }),
    // The file names the repository of one release; each container uses that of its own.
    cudaRepositories: /^(.*\/repos)\/[^/]+\/[^/]+\/?$/.exec(url ?? "")?.[1] ?? cudaRepositories,
  };
}

/** Whether a container, or one it is cloned from, has the feature nvidia. */
export const hasDriver = (ctid: string, { lxc_configs: entries }: LxcConfigs): boolean =>
  hasFeature(ctid, "nvidia", entries);
