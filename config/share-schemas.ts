/** NFS exports and Samba shares of phoenix_hypervisor_config.json. */
import { z } from "zod";
import { comment, text } from "./primitives";

const nfsExport = z
  .strictObject({
    path: text().describe("What is exported: pool/dataset or the absolute path of a folder"),
    clients: z
      .array(
        z
          .string()
          .regex(/^[^\s(),]+$/, "is not one client (no spaces, commas or parentheses)")
          .describe("One client"),
      )
      .min(1)
      .describe("Who may mount it: addresses, subnets or host names, at least one"),
    options: z
      .array(
        z
          .string()
          .regex(/^[a-z_]+(=[^\s(),]+)?$/, "is not one export option")
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
      .regex(/^[^\s/\\[\]:|<>+=;,*?"]{1,80}$/, "is not a share name")
      .describe("Name of the share, at most 80 characters"),
    path: text().describe("What is shared: pool/dataset or the absolute path of a folder"),
    options: z
      .string()
      .default("")
      .describe("Options as key=value separated by spaces, such as browseable=yes writable=yes"),
    valid_users: z.array(text().describe("User name")).default([]).describe("Users that may use the share"),
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
      user: text().describe("User that owns the shared folders"),
      shares: z.array(sambaShare).default([]).describe("What the host shares"),
      description: comment(),
    })
    .optional()
    .describe("Samba shares of the host"),
};
