import { estate } from "../estate";

const seen = (ctid: number, card: number): [string, RegExp] => [
  `pct exec ${ctid} -- nvidia-smi -L`,
  new RegExp(`^GPU 0: .*UUID: GPU-11111111-2222-4333-8444-55555555550${card}\\)\\n$`),
];

estate({
  kind: "gpu-inference",
  holds: [
    seen(310, 1),
    seen(311, 2),
    ["pct exec 312 -- cat /srv/web-ui/settings", "template-gpu\nchat-model\nembeddings"],
    ["pct exec 311 -- touch /models/one 2>&1 || true", /Read-only file system/],
  ],
  change: [
    ["lxc.lxc_configs.310.gpu_assignment", "1"],
    ["lxc.lxc_configs.311.gpu_assignment", "0"],
  ],
  runs: [
    ...[310, 311].flatMap((ctid) => [`ct-${ctid}-configure`, `ct-${ctid}-start`]),
    "guests-config-files",
  ],
  then: [seen(310, 2), seen(311, 1)],
});
