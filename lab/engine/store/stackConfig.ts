import { join } from "node:path";
import { Document, isMap, isScalar, parseDocument, type YAMLMap } from "yaml";
import { UserError } from "../errors";
import { readIfPresent, writeAtomically } from "./files";
import type { Project } from "./project";
import type { Crypter } from "./secrets";

export type ConfigNode = null | boolean | number | string | ConfigNode[] | { [key: string]: ConfigNode };

/** One value as a program gets it: text (JSON for objects), and whether any of it is secret. */
export interface ConfigValue {
  value: string;
  secret: boolean;
  /** Objects and lists, as opposed to plain text. */
  structured: boolean;
}

/** Pulumi.<stack>.yaml. Comments and order survive; a file without a change is not written. */
export class StackConfig {
  private readonly document: Document;
  private readonly before: string;

  constructor(
    readonly path: string,
    private readonly project: Project,
  ) {
    this.before = readIfPresent(path) ?? "";
    this.document = parseDocument(this.before);
    const [error] = this.document.errors;
    if (error) throw new UserError(`could not parse ${path}: ${error.message}`);
    if (this.document.contents !== null && !isMap(this.document.contents)) {
      throw new UserError(`could not parse ${path}: it does not hold a mapping`);
    }
  }

  static of(project: Project, stack: string, file?: string): StackConfig {
    return new StackConfig(
      file ?? join(project.root, project.stackConfigDir, `Pulumi.${stack}.yaml`),
      project,
    );
  }

  get salt(): string | undefined {
    const found = this.document.get("encryptionsalt");
    return typeof found === "string" ? found : undefined;
  }

  get secretsProvider(): string {
    const found = this.document.get("secretsprovider");
    return typeof found === "string" ? found : "passphrase";
  }

  setSalt(salt: string): void {
    if (this.document.contents === null) this.document.contents = this.document.createNode({});
    const map = this.document.contents as unknown as YAMLMap;
    if (map.has("encryptionsalt")) map.set("encryptionsalt", salt);
    else map.items.unshift(this.document.createPair("encryptionsalt", salt));
  }

  /** `a` means `<project>:a`; older `<project>:config:a` too. */
  key(name: string): string {
    const parts = name.split(":");
    if (parts.length === 1) return `${this.project.name}:${name}`;
    if (parts.length === 2) return name;
    if (parts.length === 3 && parts[1] === "config") return `${parts[0]}:${parts[2]}`;
    throw new UserError(
      `invalid configuration key: could not parse ${name} as a configuration key ` +
        "(configuration keys should be of the form `<namespace>:<name>`)",
    );
  }

  private values(): Record<string, ConfigNode> {
    const js = this.document.toJS() as { config?: Record<string, ConfigNode> } | null;
    const own = js?.config ?? {};
    return Object.fromEntries(Object.entries(own).map(([k, v]) => [this.key(k), v]));
  }

  get(key: string): ConfigNode | undefined {
    return this.values()[key];
  }

  set(key: string, path: (string | number)[], value: ConfigNode): void {
    if (this.document.contents === null) this.document.contents = this.document.createNode({});
    const at = ["config", key, ...path];
    for (let depth = 1; depth < at.length; depth++) {
      const parent = this.document.getIn(at.slice(0, depth), true);
      const empty = parent === undefined || parent === null || (parent as { value?: unknown }).value === null;
      if (empty)
        this.document.setIn(
          at.slice(0, depth),
          this.document.createNode(typeof at[depth] === "number" ? [] : {}),
        );
    }
    const there = this.document.getIn(at, true);
    // Changed in place, a value keeps its quotes and the comment behind it.
    if (isScalar(there) && (typeof value !== "object" || value === null)) there.value = value;
    else this.document.setIn(at, this.document.createNode(value));
  }

  remove(key: string, path: (string | number)[]): boolean {
    if (!this.document.hasIn(["config", key, ...path])) return false;
    return this.document.deleteIn(["config", key, ...path]);
  }

  /** True when any value needs the passphrase to be read. */
  hasSecrets(): boolean {
    return Object.values(this.values()).some(isSecure);
  }

  /** Every value by its full key, with the project's defaults; secrets are opened by `crypter`, if given. */
  all(crypter?: Crypter): Map<string, ConfigValue> {
    const merged: Record<string, ConfigNode> = { ...projectDefaults(this.project), ...this.values() };
    return new Map(
      Object.keys(merged)
        .sort()
        .map((key) => [key, render(merged[key] ?? null, crypter)]),
    );
  }

  /** Every secret in clear, also those within objects. */
  secretTexts(crypter: Crypter): string[] {
    return Object.values(this.values()).flatMap((node) => secureTexts(node, crypter));
  }

  save(): boolean {
    const text = this.document.toString({ lineWidth: 0, flowCollectionPadding: false });
    if (text === this.before) return false;
    writeAtomically(this.path, text);
    return true;
  }
}

function projectDefaults(project: Project): Record<string, ConfigNode> {
  const found: Record<string, ConfigNode> = {};
  for (const [name, declared] of Object.entries(project.config)) {
    const entry = declared as { value?: ConfigNode; default?: ConfigNode } | ConfigNode;
    const typed = typeof entry === "object" && entry !== null && !Array.isArray(entry);
    const value = typed ? (entry["value"] ?? entry["default"]) : entry;
    if (value !== undefined && value !== null)
      found[name.includes(":") ? name : `${project.name}:${name}`] = value;
  }
  return found;
}

function isSecure(node: ConfigNode): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some(isSecure);
  if (typeof node["secure"] === "string" && Object.keys(node).length === 1) return true;
  return Object.values(node).some(isSecure);
}

function secureTexts(node: ConfigNode, crypter: Crypter): string[] {
  if (typeof node !== "object" || node === null) return [];
  if (Array.isArray(node)) return node.flatMap((e) => secureTexts(e, crypter));
  if (typeof node["secure"] === "string" && Object.keys(node).length === 1)
    return [crypter.decrypt(node["secure"])];
  return Object.values(node).flatMap((e) => secureTexts(e, crypter));
}

function opened(node: ConfigNode, crypter: Crypter | undefined): ConfigNode {
  if (typeof node !== "object" || node === null) return node;
  if (Array.isArray(node)) return node.map((e) => opened(e, crypter));
  if (typeof node["secure"] === "string" && Object.keys(node).length === 1) {
    return crypter ? crypter.decrypt(node["secure"]) : "[secret]";
  }
  const keys = Object.keys(node).sort();
  return Object.fromEntries(keys.map((k) => [k, opened(node[k] ?? null, crypter)]));
}

function render(node: ConfigNode, crypter: Crypter | undefined): ConfigValue {
  const plain = opened(node, crypter);
  const structured = typeof plain === "object" && plain !== null;
  const value = structured ? JSON.stringify(plain) : plain === null ? "" : String(plain);
  return { value, secret: isSecure(node), structured };
}
