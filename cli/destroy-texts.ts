/** What a destroy removes and what it keeps, for its help and its question. */
export const UNDONE =
  "On the host is taken back what this stack set: storages, exports, shares, firewall rules, users, units, the\n" +
  "NVIDIA driver, repositories, names and addresses. What was there before it, and what others wrote, stays.";
export const KEPT =
  "Kept: pools, datasets and containers' own volumes with their data, unless an entry says destroy_on_teardown;\n" +
  "detached disks of virtual machines, shared folders, home folders, downloaded templates, installed packages.";
