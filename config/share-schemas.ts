/** NFS exports and Samba shares of phoenix_hypervisor_config.json. */
import { z } from "zod";
import { comment, pattern, plain, userName } from "./primitives";

/** pool/dataset or an absolute path. Neither exports(5) nor smb.conf(5) reads every character as itself. */
const sharedPath = () =>
  pattern(
    /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))(?!\/*$)[A-Za-z0-9/._+@:=~-]+$/,
    "is not a path of letters, digits and . _ - + @ : = ~, without .. in it",
    1024,
  );

const nfsExport = z
  .strictObject({
    path: sharedPath().describe("What is exported: pool/dataset or the absolute path of a folder"),
    clients: z
      .array(
        pattern(
          /^(?!-)[A-Za-z0-9*?.:/@_[\]-]+$/,
          "is not one client (an address, a subnet, a host name with or without * and ?, or @ and a netgroup)",
        ).describe("One client"),
      )
      .min(1)
      .describe("Who may mount it: addresses, subnets or host names, at least one"),
    options: z
      .array(
        pattern(/^[a-z_]+(=[A-Za-z0-9/._+@:=~*?[\]-]+)?$/, "is not one export option", 1024).describe(
          "One export option",
        ),
      )
      .describe("Export options, such as rw, sync, no_subtree_check"),
    description: comment(),
  })
  .describe("An NFS export");

const sambaShare = z
  .strictObject({
    name: pattern(/^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.@~!^-]*\$?$/u, "is not a share name", 80).describe(
      "Name of the share, at most 80 characters",
    ),
    path: sharedPath().describe("What is shared: pool/dataset or the absolute path of a folder"),
    options: plain()
      .default("")
      .describe(
        "Options as key=value separated by spaces, such as browseable=yes writable=no; without them a share is browseable and writable, with masks of 0770",
      ),
    valid_users: z
      .array(
        pattern(/^@?[a-z_][a-z0-9_-]{0,31}$/, "is not a Linux user name, nor @ and a group name").describe(
          "User name, or @ and a group name",
        ),
      )
      .default([])
      .describe("Users that may use the share; samba.user when there are none"),
    description: comment(),
  })
  .describe("A Samba share");

/** The keys `nfs` and `samba`. */
export const shareSchemas = {
  nfs: z
    .strictObject({
      exports: z.array(nfsExport).default([]).describe("What the host exports"),
      description: comment(),
    })
    .prefault({})
    .describe("NFS exports of the host"),
  samba: z
    .strictObject({
      user: userName().describe("User that owns the shared folders"),
      shares: z.array(sambaShare).default([]).describe("What the host shares"),
      description: comment(),
    })
    .optional()
    .describe("Samba shares of the host"),
};
