import { randomUUID } from "node:crypto";
import { UserError } from "../errors";
import type { PluginHost } from "../rpc/pluginHost";
import { Provider, type CheckResult, type DiffResult } from "../rpc/provider";
import type { Resource } from "./state";
import { nameOf, splitReference, typeOf } from "./urn";
import { UNKNOWN, type Props } from "./values";

const PREFIX = "pulumi:providers:";
export const packageOf = (type: string): string => type.split(":")[0] ?? "";
export const providerPackage = (type: string): string => type.slice(PREFIX.length);

/** The name Pulumi gives the provider it makes for a package version that the program made none for. */
export function defaultProviderName(version: string, downloadUrl: string): string {
  const parts = ["default"];
  if (version) parts.push(version.replace(/[.+-]/g, "_"));
  if (downloadUrl) parts.push(downloadUrl.replace(/[^A-Za-z0-9_.-]/g, "_").replace(/-/g, "_"));
  return parts.join("_");
}

/** Providers by their reference `<urn>::<id>`; each is a plugin process of its own, started once. */
export class ProviderRegistry {
  private readonly configured = new Map<string, Promise<Provider>>();
  private readonly checked = new Map<string, Promise<Provider>>();
  private readonly all: Provider[] = [];

  constructor(
    private readonly host: PluginHost,
    private readonly engineAddress: () => string,
    private readonly folders: { root: string; program: string },
    /** The provider resources of the state, for what only the state knows. */
    private readonly olds: () => Iterable<Resource>,
  ) {}

  private async start(type: string, inputs: Props): Promise<Provider> {
    const pkg = providerPackage(type);
    const version = typeof inputs["version"] === "string" ? inputs["version"] : "";
    const provider = new Provider(pkg, await this.host.start(pkg, version));
    this.all.push(provider);
    await provider.handshake(this.engineAddress(), this.folders.root, this.folders.program);
    return provider;
  }

  async check(urn: string, olds: Props, news: Props): Promise<CheckResult> {
    const starting = this.start(typeOf(urn), news);
    this.checked.set(urn, starting);
    const result = await (await starting).checkConfig(urn, olds, news);
    const kept: Props = news["__internal"] === undefined ? {} : { __internal: news["__internal"] };
    return { ...result, inputs: { ...kept, ...result.inputs } };
  }

  async diff(urn: string, old: Resource, inputs: Props): Promise<DiffResult> {
    const provider = await this.checked.get(urn);
    if (!provider) throw new Error(`provider ${urn} has not been checked`);
    return provider.diffConfig(urn, old.inputs, old.outputs, inputs);
  }

  /** Configures what `check` started; from here on resources can use it. */
  async configure(urn: string, id: string, inputs: Props): Promise<void> {
    const ready = (this.checked.get(urn) ?? this.start(typeOf(urn), inputs)).then(async (provider) => {
      await provider.configure(urn, id, inputs);
      return provider;
    });
    this.configured.set(`${urn}::${id}`, ready);
    await ready;
  }

  newId(dryRun: boolean): string {
    return dryRun ? UNKNOWN : randomUUID();
  }

  has(reference: string): boolean {
    return this.configured.has(reference);
  }

  /** The provider of a reference, started from the state when this run has not come across it. */
  async get(reference: string): Promise<Provider> {
    const known = this.configured.get(reference);
    if (known) return known;
    const { urn, id } = splitReference(reference);
    const resource = [...this.olds()].find((r) => r.urn === urn && r.id === id);
    if (!resource) throw new UserError(`unknown provider '${nameOf(urn)}' (${reference})`);
    const ready = this.start(resource.type, resource.inputs).then(async (provider) => {
      await provider.configure(urn, id, resource.inputs);
      return provider;
    });
    this.configured.set(reference, ready);
    return ready;
  }

  close(): void {
    for (const provider of this.all) provider.close();
  }
}
