/** Rooms of which the dev estate has no step: what is looked at, an example of its text, and the test that changes it by hand. */
export const elsewhere: Record<string, { sets: string; shows: string; test: string }> = {
  "hypervisor/initial-setup/hostname": {
    sets: "the host's name",
    shows: "hostname: is phoenix, wanted gpu1",
    test: "tests/scripts/initial-setup.test.ts",
  },
  "hypervisor/datacenter-firewall": {
    sets: "the datacenter's firewall: that it is on, policies, rules",
    shows: "/etc/pve/firewall/cluster.fw policy_in: is accept, wanted drop",
    test: "tests/scripts/datacenter-firewall.test.ts",
  },
  "hypervisor/nfs/export": {
    sets: "an export: its file, and the clients that the server has",
    shows: "export /tank/media clients: is none, wanted 10.0.0.0/24",
    test: "tests/scripts/nfs.test.ts",
  },
  "hypervisor/nfs/storage": {
    sets: "a storage over NFS: that it is there, content, options",
    shows: "storage nfs-media options: is vers=3, wanted vers=4,soft,timeo=30,retrans=3",
    test: "tests/scripts/nfs.test.ts",
  },
  "hypervisor/backups/job": {
    sets: "a backup job: that it is there, each of its options",
    shows: "backup job nightly mode: is stop, wanted snapshot",
    test: "tests/scripts/backup-jobs.test.ts",
  },
  "hypervisor/zfs/wanted": {
    sets: "the note that keeps what destroy_on_teardown destroys",
    shows: "/var/lib/phoenix/zfs/wanted/tank%scratch: is missing, wanted as Phoenix wrote it",
    test: "tests/scripts/zfs.test.ts",
  },
  "hypervisor/samba/user": {
    sets: "a Samba user, and its password",
    shows: "Samba user heads: is changed by hand, wanted there with the password of the settings",
    test: "tests/scripts/samba.test.ts",
  },
  "container/config-files": {
    sets: "the configuration files on the node, for scripts that read them",
    shows:
      "/var/lib/phoenix/config-files/phoenix-lab/phoenix_lxc_configs.json: is edited by hand, wanted as Phoenix wrote it",
    test: "tests/whole/original-scripts.test.ts",
  },
  "container/lifecycle-snapshot": {
    sets: "snapshots of the stages of a container's life",
    shows: "CT 927 snapshot final-form: is missing, wanted there",
    test: "tests/whole/original-scripts.test.ts",
  },
  "container/firewall": {
    sets: "firewall of a container",
    shows: "/etc/pve/firewall/910.fw: is edited by hand, wanted as Phoenix wrote it",
    test: "tests/whole/original.test.ts",
  },
  "vm/firewall": {
    sets: "firewall of a machine",
    shows: "/etc/pve/firewall/9003.fw: is edited by hand, wanted as Phoenix wrote it",
    test: "tests/scripts/vm-looks.test.ts",
  },
  "container/power": {
    sets: "that a container is stopped, or runs, as the stack says",
    shows: "CT 910 state: is running, wanted stopped",
    test: "tests/scripts/container-looks.test.ts",
  },
  "vm/power": {
    sets: "that a machine is stopped, or runs, as the stack says",
    shows: "VM 9000 state: is running, wanted stopped",
    test: "tests/scripts/vm-looks.test.ts",
  },
  "vm/image": {
    sets: "an image that is copied from a path of the host",
    shows: "image local:import/noble.qcow2: is missing, wanted a copy of /srv/noble.img",
    test: "tests/scripts/vm-looks.test.ts",
  },
  "vm/devices": {
    sets: "devices for machines: their mapping, and that vfio-pci has them",
    shows: "PCI mapping gpu1: is missing, wanted 0000:02:00.0",
    test: "tests/scripts/vm-devices.test.ts",
  },
  "vm/snapshot": {
    sets: "snapshots of a machine",
    shows: "VM 9000 snapshot fresh: is missing, wanted there",
    test: "tests/scripts/vm-looks.test.ts",
  },
  "vm/template": {
    sets: "that a machine is a template",
    shows: "VM 9000 is_template: is false, wanted true",
    test: "tests/scripts/vm-looks.test.ts",
  },
  "vm/storage-content": {
    sets: "what a storage that Proxmox VE ships is for, beside what it is for already",
    shows: "content of storage local: is images,import,vztmpl, wanted with snippets too",
    test: "tests/scripts/vm-looks.test.ts",
  },
};
