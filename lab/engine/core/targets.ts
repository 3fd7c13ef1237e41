import { requirementsOf, type Resource } from "./state";
import { isProviderType, isStack, typeOf, urnMatcher } from "./urn";

export interface TargetOptions {
  targets: string[];
  targetDependents: boolean;
  excludes: string[];
  excludeDependents: boolean;
}

/** Which resources an operation may touch. Providers and the stack itself always may. */
export class Targets {
  private readonly included: ((urn: string) => boolean)[];
  private readonly excluded: ((urn: string) => boolean)[];
  private readonly actual = new Set<string>();
  private readonly actuallyExcluded = new Set<string>();
  private readonly unmatched: Set<string>;

  constructor(private readonly options: TargetOptions) {
    this.included = options.targets.map(urnMatcher);
    this.excluded = options.excludes.map(urnMatcher);
    this.unmatched = new Set(options.targets.filter((t) => !t.includes("*")));
  }

  get constrained(): boolean {
    return this.included.length > 0 || this.excluded.length > 0;
  }

  get hasIncludes(): boolean {
    return this.included.length > 0;
  }

  get dependentsToo(): boolean {
    return this.options.targetDependents;
  }

  names(urn: string): boolean {
    return this.included.some((matches) => matches(urn));
  }

  /** For a resource that the program registers; earlier answers count for its dependents. */
  allowsUpdate(r: Resource): boolean {
    this.unmatched.delete(r.urn);
    if (isProviderType(r.type) || isStack(r.urn)) return true;
    if (this.included.length > 0) {
      const needs = this.options.targetDependents && requirementsOf(r).some((urn) => this.actual.has(urn));
      if (!needs && !this.names(r.urn)) return false;
      this.actual.add(r.urn);
      return true;
    }
    const needs =
      this.options.excludeDependents && requirementsOf(r).some((urn) => this.actuallyExcluded.has(urn));
    if (!needs && !this.excluded.some((matches) => matches(r.urn))) return true;
    this.actuallyExcluded.add(r.urn);
    return false;
  }

  /** For what only the state knows: targets and what stands on them; nothing an excluded resource needs. */
  deletable(resources: Resource[]): (r: Resource) => boolean {
    if (this.included.length > 0) {
      const allowed = new Set<string>();
      for (const r of resources) {
        if (this.names(r.urn)) this.unmatched.delete(r.urn);
        const stands = requirementsOf(r).some((urn) => allowed.has(urn));
        if (this.names(r.urn) || stands) allowed.add(r.urn);
      }
      return (r) => allowed.has(r.urn);
    }
    if (this.excluded.length > 0) {
      const kept = new Set<string>();
      for (const r of [...resources].reverse()) {
        if (!kept.has(r.urn) && !this.excluded.some((matches) => matches(r.urn))) continue;
        kept.add(r.urn);
        for (const urn of requirementsOf(r)) kept.add(urn);
      }
      return (r) => !kept.has(r.urn);
    }
    return () => true;
  }

  /** Plain URNs given as targets that no resource has. */
  missing(): string[] {
    return [...this.unmatched];
  }
}

export const isImplicit = (r: Resource): boolean => isProviderType(typeOf(r.urn)) || isStack(r.urn);
