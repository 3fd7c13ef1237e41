/** Privileges and the roles that Proxmox VE makes of them (PVE::AccessControl). */

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

const AUDIT = (release: 8 | 9): string[] =>
  words(
    `Datastore.Audit Mapping.Audit Pool.Audit SDN.Audit Sys.Audit VM.Audit ${release === 9 ? "VM.GuestAgent.Audit" : ""}`,
  );

const VM_USER = (release: 8 | 9): string[] =>
  words(
    `VM.Audit VM.Backup VM.Config.CDROM VM.Config.Cloudinit VM.Console VM.PowerMgmt
    ${release === 9 ? "VM.GuestAgent.Audit" : ""}`,
  );

const VM_ADMIN = (release: 8 | 9): string[] => [
  ...VM_USER(release),
  ...words(
    `VM.Allocate VM.Clone VM.Config.CPU VM.Config.Disk VM.Config.HWType VM.Config.Memory VM.Config.Network
    VM.Config.Options VM.Migrate VM.Snapshot VM.Snapshot.Rollback`,
  ),
  ...(release === 9
    ? words(
        "VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite VM.GuestAgent.Unrestricted VM.Replicate",
      )
    : ["VM.Monitor"]),
];

const REST = words(
  `Datastore.Allocate Datastore.AllocateSpace Datastore.AllocateTemplate Group.Allocate Mapping.Modify Mapping.Use
  Permissions.Modify Pool.Allocate Realm.Allocate Realm.AllocateUser SDN.Allocate SDN.Use Sys.AccessNetwork
  Sys.Console Sys.Incoming Sys.Modify Sys.PowerMgmt Sys.Syslog User.Modify`,
);

export const privileges = (release: 8 | 9): string[] =>
  [...new Set([...AUDIT(release), ...VM_ADMIN(release), ...REST])].sort();

const starting = (release: 8 | 9, pattern: RegExp): string[] =>
  privileges(release).filter((p) => pattern.test(p));

/** Roles that cannot be changed. */
export function builtinRoles(release: 8 | 9): Record<string, string[]> {
  return {
    Administrator: privileges(release),
    NoAccess: [],
    PVEAdmin: privileges(release).filter(
      (p) => !/^(Permissions\.Modify|Realm\.Allocate|Sys\.(Power|Modify|Acc)|VM\.Replicate)/.test(p),
    ),
    PVEAuditor: AUDIT(release),
    PVEDatastoreAdmin: starting(release, /^Datastore\./),
    PVEDatastoreUser: ["Datastore.AllocateSpace", "Datastore.Audit"],
    PVEMappingAdmin: starting(release, /^Mapping\./),
    PVEMappingAuditor: ["Mapping.Audit"],
    PVEMappingUser: ["Mapping.Audit", "Mapping.Use"],
    PVEPoolAdmin: starting(release, /^Pool\./),
    PVEPoolUser: ["Pool.Audit"],
    PVESDNAdmin: starting(release, /^SDN\./),
    PVESDNUser: ["SDN.Audit", "SDN.Use"],
    PVESysAdmin: words("Sys.Audit Sys.Console Sys.Syslog"),
    PVETemplateUser: ["VM.Audit", "VM.Clone"],
    PVEUserAdmin: ["Group.Allocate", "Realm.AllocateUser", "User.Modify"],
    PVEVMAdmin: [...VM_ADMIN(release)].sort(),
    PVEVMUser: [...VM_USER(release)].sort(),
  };
}
