/**
 * Inputs of the command package's resources (pulumi-command 1.2.1) as data: what `Check` validates, which
 * defaults it fills in, what it marks secret and what forces a replacement.
 */
export interface Field {
  kind: "string" | "number" | "integer" | "boolean" | "strings" | "stringMap" | "list" | "asset" | Shape;
  required?: boolean;
  secret?: boolean;
  replaces?: boolean;
  default?: string | number;
}

export interface Shape {
  /** Go type the real plugin names in its messages. */
  goType: string;
  fields: Record<string, Field>;
}

const endpoint: Record<string, Field> = {
  user: { kind: "string", default: "root" },
  password: { kind: "string", secret: true },
  host: { kind: "string", required: true },
  port: { kind: "number", default: 22 },
  privateKey: { kind: "string", secret: true },
  privateKeyPassword: { kind: "string", secret: true },
  agentSocketPath: { kind: "string" },
  dialErrorLimit: { kind: "integer", default: 10 },
  perDialTimeout: { kind: "integer", default: 15 },
  hostKey: { kind: "string" },
};

const proxy: Shape = { goType: "remote.ProxyConnection", fields: endpoint };

export const connection: Shape = {
  goType: "remote.Connection",
  fields: { ...endpoint, proxy: { kind: proxy } },
};

const lifecycle: Record<string, Field> = {
  triggers: { kind: "list", replaces: true },
  create: { kind: "string" },
  update: { kind: "string" },
  delete: { kind: "string" },
};

const localBase: Record<string, Field> = {
  stdin: { kind: "string" },
  logging: { kind: "string" },
  interpreter: { kind: "strings" },
  dir: { kind: "string" },
  environment: { kind: "stringMap" },
  assetPaths: { kind: "strings" },
  archivePaths: { kind: "strings" },
  addPreviousOutputInEnv: { kind: "boolean" },
};

export const localCommand: Shape = { goType: "local.CommandInputs", fields: { ...lifecycle, ...localBase } };

export const localRun: Shape = {
  goType: "local.RunInputs",
  fields: { ...localBase, command: { kind: "string", required: true } },
};

export const remoteCommand: Shape = {
  goType: "remote.CommandInputs",
  fields: {
    ...lifecycle,
    stdin: { kind: "string" },
    logging: { kind: "string" },
    connection: { kind: connection, required: true, secret: true },
    environment: { kind: "stringMap" },
    addPreviousOutputInEnv: { kind: "boolean" },
  },
};

export const copyToRemote: Shape = {
  goType: "remote.CopyToRemoteInputs",
  fields: {
    connection: { kind: connection, required: true, secret: true },
    triggers: { kind: "list", replaces: true },
    source: { kind: "asset", required: true },
    remotePath: { kind: "string", required: true },
  },
};
