/** Rooms, by their path in components/, whose step has no look, and why. */
export const withoutLook: Record<string, string> = {
  "container/clone": "its configuration is looked at by configure; one that is gone runs all its steps again",
  "container/health": "it asks and changes nothing",
  "container/idmap": "it proves and changes nothing; the lines of the maps are looked at by configure",
  "container/savepoint": "nothing of it lasts beyond the run",
  "hypervisor/initial-setup/upgrade":
    "it runs once for each word of the key; newer packages are no deviation",
  "vm/agent": "it waits and changes nothing",
  "vm/health": "it asks and changes nothing",
};
