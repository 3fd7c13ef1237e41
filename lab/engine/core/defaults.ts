import { Bail } from "../errors";
import type { Generator } from "./generator";
import { bareGoal } from "./goal";
import { defaultProviderName } from "./registry";
import { secret, type Props } from "./values";

/** Makes, once each, the providers for packages that the program uses without naming one. */
export class Defaults {
  private readonly made = new Map<string, Promise<string>>();

  constructor(
    private readonly generator: Generator,
    private readonly config: Map<string, string>,
    private readonly secretKeys: Set<string>,
  ) {}

  /** @returns the reference `<urn>::<id>`. */
  reference(pkg: string, version: string, downloadUrl: string): Promise<string> {
    const key = `${pkg}\0${version}\0${downloadUrl}`;
    const known = this.made.get(key);
    if (known) return known;
    const making = this.make(pkg, version, downloadUrl);
    this.made.set(key, making);
    return making;
  }

  private async make(pkg: string, version: string, downloadUrl: string): Promise<string> {
    const goal = bareGoal(`pulumi:providers:${pkg}`, defaultProviderName(version, downloadUrl));
    goal.inputs = {
      ...this.configOf(pkg),
      __internal: downloadUrl ? { pluginDownloadURL: downloadUrl } : {},
      ...(version ? { version } : {}),
    };
    const { urn, resource } = await this.generator.register(goal);
    if (!resource) throw new Bail(`no default provider for package ${pkg}`);
    return `${urn}::${resource.id ?? ""}`;
  }

  /** `<pkg>:<key>` of the stack's configuration becomes the provider's input `<key>`. */
  private configOf(pkg: string): Props {
    const found: Props = {};
    for (const [key, value] of this.config) {
      if (!key.startsWith(`${pkg}:`)) continue;
      found[key.slice(pkg.length + 1)] = this.secretKeys.has(key) ? secret(value) : value;
    }
    return found;
  }
}
