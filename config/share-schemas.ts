/** NFS exports and Samba shares of phoenix_hypervisor_config.json. */
import { z } from "zod";
import { comment, userName } from "./primitives";

/** pool/dataset or an absolute path. Neither exports(5) nor smb.conf(5) reads every character as itself. */
const sharedPath = () =>
  z
    .string()
    .regex(
      /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))(?!\/*$)[A-Za-z0-9/._+@:=~-]+$/,
      "is not a path of letters, digits and . _ - + @ : = ~, without .. in it",
    );

const nfsExport = z
  .strictObject({
    path: sharedPath().describe("What is exported: pool/dataset or the absolute path of a folder"),
    clients: z
      .array(
        z
          .string()
          .regex(
            /^(?!-)[^\s(),"#\\]+$/,
            "is not one client (no spaces, commas, parentheses, quotes, # and no - in front)",
          )
          .describe("One client"),
      )
      .min(1)
      .describe("Who may mount it: addresses, subnets or host names, at least one"),
    options: z
      .array(
        z
          .string()
          .regex(/^[a-z_]+(=[^\s(),"#\\]+)?$/, "is not one export option")
          .describe("One export option"),
      )
      .describe("Export options, such as rw, sync, no_subtree_check"),
    description: comment(),
  })
  .describe("An NFS export");

const sambaShare = z
  .strictObject({
    name: z
      .string()
      .regex(/^[^\s/\\[\]:|<>+=;,*?"%#]{1,80}$/, "is not a share name")
      .describe("Name of the share, at most 80 characters"),
    path: sharedPath().describe("What is shared: pool/dataset or the absolute path of a folder"),
    options: z
      .string()
      .default("")
      .describe("Options as key=value separated by spaces, such as browseable=yes writable=yes"),
    valid_users: z
      .array(
        z
          .string()
          .regex(/^@?[a-z_][a-z0-9_-]{0,31}$/, "is not a Linux user name, nor @ and a group name")
          .describe("User name, or @ and a group name"),
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
