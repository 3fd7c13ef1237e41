import { estate } from "../estate";

estate({
  kind: "nas",
  warnings: [/nfs\.exports\[0\]\.options: has no no_root_squash/],
  holds: [
    ["zpool list -H -o name,health", "tank\tONLINE"],
    ["zfs get -H -o value quota tank/photos", "1T"],
    ["exportfs -s", /^\/tank\/media {2}192\.168\.1\.0\/24\(async,.*\bro\b/m],
    ["testparm -s 2>/dev/null", /\[media\][^[]*\tpath = \/tank\/media\n/],
    ["pct exec 201 -- sh -c 'echo new >/srv/photos/one' && cat /tank/photos/library/one", "new"],
    ["pct exec 202 -- touch /srv/inbox/two && pct exec 201 -- ls /srv/inbox", "two"],
    ["pct exec 201 -- touch /srv/inbox/three 2>&1 || true", /Read-only file system/],
    ["pct config 201", /^mp\d: tank-guests:.*,mp=\/var\/lib\/photos,backup=1,mountoptions=noatime/m],
    ["pct config 202", /^cpulimit: 0.5$[^]*^startup: order=2,up=10,down=10$[^]*^tags: .*\bfamily\b/m],
  ],
  change: [
    ["host.zfs.datasets.4.properties", "compression=lz4,recordsize=1M,quota=2T"],
    ["host.samba.shares.1.valid_users", ["anna", "ben"]],
    ["lxc.lxc_configs.201.memory_mb", 8192],
  ],
  runs: ["ct-201-configure", ...["host-samba-conf", "host-samba-user-ben", "host-zfs-dataset-tank-photos"]],
  then: [
    ["zfs get -H -o value quota tank/photos", "2T"],
    ["pct config 201", /^memory: 8192$/m],
    ["pct exec 201 -- cat /srv/photos/one", "new"],
  ],
});
