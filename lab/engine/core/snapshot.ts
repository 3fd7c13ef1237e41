import { jsonBytes } from "../store/json";
import { manifestNow, storeResource, type Sealer } from "../store/serialize";
import type { StateSink } from "../store/stateWriter";
import { requirementsOf, type Operation, type OperationType, type Resource } from "./state";
import { splitReference } from "./urn";

/**
 * The state while an update runs: what is new, what is left of the old, what is under way.
 * Written whole after every change; what changes while a write is under way shares the next one.
 */
export class Snapshot {
  private readonly news: Resource[] = [];
  private readonly done = new Set<Resource>();
  private readonly pending = new Set<Operation>();
  /** The JSON of each resource, as bytes: the whole state is put together and written after every step. */
  private readonly texts = new WeakMap<Resource, Buffer>();
  private readonly renamed = new Map<string, string>();
  private current: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private dirty = false;

  /** @param save takes the deployment as JSON; undefined in a preview, which saves nothing. */
  constructor(
    private readonly olds: Resource[],
    /** Creations of an earlier run that nobody saw the end of. */
    private interrupted: Operation[],
    private readonly sealer: Sealer,
    private readonly salt: string | undefined,
    private readonly save: StateSink | undefined,
    /** Targets leave some of the old as it is, which may be what the new stands on. */
    private readonly constrained = false,
  ) {}

  begin(type: OperationType, resource: Resource): Operation {
    const operation = { type, resource };
    this.pending.add(operation);
    this.dirty = true;
    return operation;
  }

  end(operation: Operation): void {
    this.pending.delete(operation);
    this.dirty = true;
  }

  /** `made` takes the place of `old`, if there was one. */
  put(old: Resource | undefined, made: Resource): void {
    this.texts.delete(made);
    if (old) this.done.add(old);
    if (old && old.urn !== made.urn) this.renamed.set(old.urn, made.urn);
    if (!old || !this.text(old).equals(this.text(made))) this.dirty = true;
    this.news.push(made);
    this.interrupted = this.interrupted.filter((o) => o.resource.urn !== made.urn);
  }

  /** `made` stands where `old` stood: for a refresh, which keeps the order of the state. */
  replace(old: Resource, made: Resource): void {
    this.olds[this.olds.indexOf(old)] = made;
    this.dirty = true;
  }

  remove(resource: Resource): void {
    this.done.add(resource);
    this.dirty = true;
  }

  /** To be called after a resource that the snapshot holds was set anew; like Pulumi, one that is equal is no change. */
  touch(resource: Resource): void {
    const before = this.texts.get(resource);
    this.texts.delete(resource);
    this.dirty ||= before === undefined || !before.equals(this.text(resource));
  }

  dropInterrupted(): void {
    this.interrupted = [];
    this.dirty = true;
  }

  resources(): Resource[] {
    const live = (r: Resource): boolean => !this.done.has(r);
    const all = [...this.news.filter(live), ...this.olds.filter(live).map((r) => this.withNewNames(r))];
    return this.constrained ? needsFirst(all) : all;
  }

  /** Resolves once everything said so far is on disk. */
  commit(): Promise<void> {
    if (this.save && this.dirty) this.next ??= this.write(this.save);
    return this.next ?? this.current ?? Promise.resolve();
  }

  /** At once: for an end that waits for nothing. */
  flush(): void {
    if (!this.save || !(this.dirty || this.current)) return;
    this.dirty = false;
    this.save.writeNow(this.deployment());
  }

  /** After the write that is under way, and whatever else changes in the same turn of the event loop. */
  private async write(save: StateSink): Promise<void> {
    // Who waited for that one has been told of its failure.
    await this.current?.catch(() => undefined);
    await new Promise(setImmediate);
    this.current = this.next;
    this.next = undefined;
    try {
      // Whoever waits for nothing may have written it.
      if (!this.dirty) return;
      this.dirty = false;
      await save.write(this.deployment());
    } catch (error) {
      this.dirty = true;
      throw error;
    } finally {
      this.current = undefined;
    }
  }

  private deployment(): Buffer {
    const operations = [...this.interrupted, ...this.pending].map((o) =>
      Buffer.concat([
        Buffer.from('{"resource":'),
        this.text(o.resource),
        Buffer.from(`,"type":"${o.type}"}`),
      ]),
    );
    const parts: Uint8Array[] = [Buffer.from(`{"manifest":${JSON.stringify(manifestNow())}`)];
    if (this.salt) {
      const secrets = JSON.stringify({ type: "passphrase", state: { salt: this.salt } });
      parts.push(Buffer.from(`,"secrets_providers":${secrets}`));
    }
    const resources = this.resources().map((r) => this.text(r));
    if (resources.length) parts.push(...list("resources", resources));
    if (operations.length) parts.push(...list("pending_operations", operations));
    return Buffer.concat([...parts, Buffer.from(',"metadata":{}}')]);
  }

  private text(r: Resource): Buffer {
    let text = this.texts.get(r);
    if (text === undefined) {
      text = jsonBytes(storeResource(r, this.sealer));
      this.texts.set(r, text);
    }
    return text;
  }

  /** An old resource may still name its parent or dependency by what it was called before. */
  private withNewNames(r: Resource): Resource {
    if (this.renamed.size === 0) return r;
    const rename = (urn: string): string => this.renamed.get(urn) ?? urn;
    const copy: Resource = { ...r };
    if (r.parent) copy.parent = rename(r.parent);
    if (r.deletedWith) copy.deletedWith = rename(r.deletedWith);
    if (r.provider) {
      const { urn, id } = splitReference(r.provider);
      copy.provider = `${rename(urn)}::${id}`;
    }
    if (r.dependencies) copy.dependencies = r.dependencies.map(rename);
    if (r.replaceWith) copy.replaceWith = r.replaceWith.map(rename);
    if (r.propertyDependencies) {
      copy.propertyDependencies = Object.fromEntries(
        Object.entries(r.propertyDependencies).map(([k, urns]) => [k, urns.map(rename)]),
      );
    }
    return copy;
  }
}

/** A key whose value is an array of these texts, behind another key. */
function list(key: string, texts: readonly Uint8Array[]): Uint8Array[] {
  const between = Buffer.from(",");
  const parts = texts.flatMap((text, index) => (index === 0 ? [text] : [between, text]));
  return [Buffer.from(`,"${key}":[`), ...parts, Buffer.from("]")];
}

/** In the same order but for what would stand before something that it needs; a state has no cycles. */
function needsFirst(resources: Resource[]): Resource[] {
  const live = new Map(resources.filter((r) => !r.delete).map((r) => [r.urn, r]));
  const placed = new Set<Resource>();
  const place = (r: Resource): void => {
    if (placed.has(r)) return;
    const needs = requirementsOf(r).map((urn) => live.get(urn));
    for (const need of needs) if (need && need !== r) place(need);
    placed.add(r);
  };
  resources.forEach(place);
  return [...placed];
}
