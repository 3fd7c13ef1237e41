import type { DetailedDiff } from "./objectDiff";
import type { WireMap } from "./wire";

export type Severity = "debug" | "info" | "warning" | "error";

/** What an operation can reach beside its request. */
export interface Context {
  urn: string;
  /** Fires at the operation's timeout and when the engine cancels. */
  signal: AbortSignal;
  /** A message in the final output, under the resource. Ends when the engine has it. */
  log(severity: Severity, message: string): Promise<void>;
  /** A message that shows only while it is the latest (the real plugins' `InfoStatus`). */
  status(severity: Severity, message: string): Promise<void>;
}

export interface CheckFailure {
  property: string;
  reason: string;
}

export interface CheckResult {
  inputs: WireMap;
  failures?: CheckFailure[];
}

export interface DiffRequest {
  id: string;
  /** Outputs of the last operation. */
  state: WireMap;
  oldInputs: WireMap;
  inputs: WireMap;
  ignoreChanges: string[];
}

export interface DiffResult {
  changes: boolean;
  detailed: DetailedDiff;
  /** Properties that no update changes; bridged plugins list those that force a replacement. */
  stables?: string[];
  deleteBeforeReplace?: boolean;
}

export interface CreateRequest {
  name: string;
  inputs: WireMap;
  /** True in a preview: nothing may be touched. */
  preview: boolean;
  /** Seconds; 0 means the default. */
  timeout: number;
}

export interface UpdateRequest {
  id: string;
  state: WireMap;
  oldInputs: WireMap;
  inputs: WireMap;
  preview: boolean;
  /** Seconds; 0 means the default. */
  timeout: number;
  ignoreChanges: string[];
}

export interface ReadResult {
  /** Empty when the resource no longer exists. */
  id: string;
  state: WireMap;
  inputs: WireMap;
}

/** One resource type; all values are wire values, with their secret marks. */
export interface Resource {
  check(request: { name: string; olds: WireMap; news: WireMap }, context: Context): Promise<CheckResult>;
  diff(request: DiffRequest, context: Context): Promise<DiffResult>;
  create(request: CreateRequest, context: Context): Promise<{ id: string; state: WireMap }>;
  read(request: { id: string; state: WireMap; inputs: WireMap }, context: Context): Promise<ReadResult>;
  update(request: UpdateRequest, context: Context): Promise<{ state: WireMap }>;
  delete(request: { id: string; state: WireMap; timeout: number }, context: Context): Promise<void>;
}

export type InvokeFunction = (
  args: WireMap,
  context: Context,
) => Promise<{ result: WireMap } | { failures: CheckFailure[] }>;

/** Which optional features of the protocol a provider tells the engine it has. */
export interface Features {
  acceptSecrets: boolean;
  acceptResources: boolean;
  acceptOutputs: boolean;
  supportsAutonamingConfiguration: boolean;
}

export interface Provider {
  name: string;
  version: string;
  features: Features;
  schema(): object;
  /** Missing: the real plugin has none, and answers `Unimplemented`. */
  checkConfig?(news: WireMap): CheckResult;
  diffConfig?(request: DiffRequest): DiffResult;
  configure(args: WireMap): void;
  /** By type token. */
  resources: Record<string, Resource>;
  /** By function token. */
  functions: Record<string, InvokeFunction>;
}

/**
 * A resource that exists but is not in its wanted state: the engine keeps it, with these properties, and
 * retries with an update.
 */
export class InitFailed extends Error {
  constructor(
    readonly id: string,
    readonly state: WireMap,
    readonly inputs: WireMap,
    readonly reasons: string[],
  ) {
    super(reasons.join("\n"));
  }
}
