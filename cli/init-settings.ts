/** Options of `phoenix init` and the stack setting each becomes. */
export const SETTINGS = [
  {
    flag: "--address <host>",
    key: "address",
    text: "host name or address; without it the stack goes to the lab",
  },
  { flag: "--port <number>", key: "port", text: "SSH port (default 22)" },
  { flag: "--user <name>", key: "user", text: "SSH user (default root)" },
  {
    flag: "--host-key <line>",
    key: "hostKey",
    text: "the host's key, as ssh-keyscan prints it; not looked at then",
  },
  { flag: "--private-key-file <file>", key: "privateKeyFile", text: "private key for SSH", file: true },
  { flag: "--api-endpoint <url>", key: "apiEndpoint", text: "https://<host>:8006/" },
  { flag: "--api-user <name>", key: "apiUser", text: "API user (default root@pam)" },
  { flag: "--api-insecure", key: "apiInsecure", text: "accept the API's self-signed certificate" },
  { flag: "--node <name>", key: "nodeName", text: "the node's name in Proxmox VE" },
] as const;
