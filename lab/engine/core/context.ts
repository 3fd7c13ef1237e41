import type { Provider } from "../rpc/provider";
import type { Events } from "./events";
import type { Executor } from "./executor";
import type { ProviderRegistry } from "./registry";
import type { Snapshot } from "./snapshot";
import type { Resource } from "./state";
import type { Targets } from "./targets";

export interface RunOptions {
  dryRun: boolean;
  parallel: number;
  continueOnError: boolean;
  showSecrets: boolean;
}

/** What has been decided about a URN in this run. */
export type Decision = "same" | "create" | "update" | "replace" | "read" | "import" | "skipped";

/** Everything the parts of one run share. */
export interface RunContext {
  place: { stack: string; project: string };
  options: RunOptions;
  events: Events;
  executor: Executor;
  snapshot: Snapshot;
  registry: ProviderRegistry;
  targets: Targets;
  /** `--replace`: whether the URN is named. */
  replaceNamed: (urn: string) => boolean;
  /** The state before this run, in its order. */
  prev: Resource[];
  /** Live resources of it, by URN. */
  olds: Map<string, Resource>;
  /** What this run has registered, by URN. */
  news: Map<string, Resource>;
  decisions: Map<string, Decision>;
  /** URNs that are deleted ahead of their replacement, or at the end. */
  deletes: Set<string>;
  /** Why a resource deleted ahead is replaced: the keys to blame. */
  dependentKeys: Map<string, string[]>;
  /** Old resources whose deletion has been dealt with already. */
  deletedEarly: Set<Resource>;
}

export async function providerOf(context: RunContext, r: Resource): Promise<Provider> {
  return context.registry.get(r.provider ?? "");
}

export const now = (): string => new Date().toISOString();
