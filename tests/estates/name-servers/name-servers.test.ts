import { estate } from "../estate";

estate({
  kind: "name-servers",
  holds: [
    ["cat /etc/resolv.conf", /nameserver 10\.40\.0\.1\nnameserver 9\.9\.9\.9/],
    ["pct config 501", /^cmode: shell$[^]*^net0: .*gw6=fd40::1,.*ip6=fd40::51\/64[^]*^timezone: host$/m],
    ["pct exec 502 -- cat /etc/zones/house", "attic.house.example. A 10.40.0.2"],
    ["ufw status", /^Status: active/],
  ],
  change: [
    ["lxc.lxc_configs.502.memory_mb", 1024],
    ["lxc.lxc_configs.501.cpuunits", 1000],
    ["lxc.lxc_configs.501.protect", false],
  ],
  runs: [501, 502].flatMap((ctid) => [`ct-${ctid}-application`, `ct-${ctid}-configure`, `ct-${ctid}-health`]),
  then: [["pct config 502", /^memory: 1024$/m]],
});
