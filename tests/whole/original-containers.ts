/**
 * The original's 15 containers as their entries have them, a line each, in the words of look-at-containers.sh. A clone has
 * the packages of its source.
 */
type Row = [
  ...[id: number, name: string, cores: number, memory: number, disk: string, address: string, mac: string],
  ...[onboot: 0 | 1, order: number, gpus: string, mounts: string, packages: string, snapshot: string],
];

const docker = "docker-ce";
const cuda = "cuda-toolkit-12-8,nvtop";
const both = "cuda-toolkit-12-8,docker-ce,nvidia-container-toolkit,nvtop";

// prettier-ignore
const rows: Row[] = [
  [900, "Template-Base", 2, 2048, "32G", "10.0.0.200/24", "52:54:00:AA:BB:CC", 0, 0, "-", "-", "-", "pre-configured"],
  [901, "Template-GPU", 2, 2048, "32G", "10.0.0.201/24", "52:54:00:AA:BB:CD", 0, 0, "0,1", "-", cuda, "pre-configured"],
  [902, "Template-Docker", 2, 2048, "32G", "10.0.0.202/24", "52:54:00:AA:BB:CE", 0, 0, "-", "-", docker, "pre-configured"],
  [903, "Template-Docker-GPU", 2, 2048, "32G", "10.0.0.203/24", "52:54:00:AA:BB:CF", 0, 0, "0,1", "-", both, "pre-configured"],
  [910, "Portainer", 6, 32768, "32G", "10.0.0.99/24", "52:54:00:67:89:99", 1, 4, "-", "/certs,/data", docker, "-"],
  [920, "Template-VLLM", 12, 72000, "128G", "10.0.0.220/24", "52:54:00:AA:BB:D1", 0, 0, "0,1", "-", cuda, "pre-configured"],
  [950, "vllm-qwen2.5-7b-awq", 12, 72000, "128G", "10.0.0.150/24", "52:54:00:67:89:B0", 1, 3, "0", "/vllm_models", cuda, "-"],
  [951, "vllm-granite-embed-r2", 12, 72000, "128G", "10.0.0.151/24", "52:54:00:67:89:B1", 1, 3, "0", "/vllm_models", cuda, "-"],
  [952, "qdrant-VSCodeRag", 2, 2048, "32G", "10.0.0.152/24", "52:54:00:67:89:B2", 1, 3, "-", "/qdrant/storage", docker, "-"],
  [953, "Nginx-VscodeRag", 4, 4096, "32G", "10.0.0.153/24", "52:54:00:67:89:B3", 1, 1, "-", "/etc/nginx/sites-available,/etc/nginx/ssl,/logs/nginx", "-", "-"],
  [954, "n8n-phoenix", 2, 2048, "32G", "10.0.0.154/24", "52:54:00:67:89:B4", 1, 3, "-", "/certs,/home/node/.n8n", docker, "-"],
  [955, "ollama-oWUI", 8, 32768, "128G", "10.0.0.155/24", "52:54:00:67:89:B5", 1, 2, "0", "/ollama_models", cuda, "-"],
  [956, "openWebUI-phoenix", 2, 2048, "32G", "10.0.0.156/24", "52:54:00:67:89:B6", 1, 3, "-", "-", docker, "-"],
  [957, "llamacpp", 8, 32768, "128G", "10.0.0.157/24", "52:54:00:67:89:B7", 1, 2, "1", "/llamacpp_models", cuda, "-"],
  [960, "monitoring-stack", 4, 4096, "64G", "10.0.0.160/24", "52:54:00:67:89:C0", 1, 4, "-", "-", both, "-"],
];

export const originalContainers = rows.map(
  ([id, name, cores, memory, disk, address, mac, onboot, order, gpus, mounts, packages, snapshot]) =>
    `${id} ${name} cores ${cores} memory ${memory} swap 512 disk ${disk} ${address} 10.0.0.1 ${mac} ` +
    `onboot ${onboot} order ${order} unprivileged 1 nesting=1 ` +
    `| gpus ${gpus} | mounts ${mounts} | packages ${packages} | snapshots ${snapshot}`,
);
