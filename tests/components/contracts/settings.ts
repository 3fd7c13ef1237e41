/** What a room's step.ts says of its settings, read by TypeScript's compiler. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** The text of a file; a test may put another in its place. */
export type ReadText = (file: string) => string;

/** A field of the settings. */
export interface Key {
  /** Its comment. */
  comment: string;
  /** Names of its own fields; none where it is plain, or open to any. */
  fields: ReadonlySet<string>;
}

export type Contract = ReadonlyMap<string, Key>;

interface Named {
  source: ts.SourceFile;
  node: ts.InterfaceDeclaration | ts.TypeAliasDeclaration;
}

/** The fields of the type `Settings` of a file, those that it inherits among them. */
export function contractOf(file: string, read: ReadText): Contract {
  return new Reader(read).contract(file);
}

class Reader {
  constructor(private readonly read: ReadText) {}

  contract(file: string): Contract {
    const found = this.find("Settings", this.source(file));
    if (!found) throw new Error(`${file} has no type Settings`);
    const keys = new Map<string, Key>();
    for (const { member, source } of this.members(found)) {
      const fields = member.type ? this.fieldsOf(member.type, source) : [];
      keys.set(member.name.getText(source), {
        comment: commentOf(member, source),
        fields: new Set(fields),
      });
    }
    return keys;
  }

  private source(file: string): ts.SourceFile {
    return ts.createSourceFile(file, this.read(file), ts.ScriptTarget.Latest, true);
  }

  /** A type by its name in a file: its own, or one that it imports. */
  private find(name: string, source: ts.SourceFile): Named | undefined {
    for (const node of source.statements) {
      if ((ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) && node.name.text === name) {
        return { source, node };
      }
      const imported = ts.isImportDeclaration(node) ? importedAs(node, name) : undefined;
      if (imported === undefined) continue;
      const path = join(dirname(source.fileName), imported.from);
      const file = [`${path}.ts`, join(path, "index.ts")].find(existsSync);
      if (file !== undefined) return this.find(imported.name, this.source(file));
    }
    return undefined;
  }

  private members({ source, node }: Named): { member: ts.PropertySignature; source: ts.SourceFile }[] {
    if (ts.isTypeAliasDeclaration(node)) return this.membersOf(node.type, source);
    const inherited = (node.heritageClauses ?? []).flatMap(({ types }) =>
      types.flatMap(({ expression }) => {
        const found = this.find(expression.getText(source), source);
        return found ? this.members(found) : [];
      }),
    );
    return [
      ...inherited,
      ...node.members.filter(ts.isPropertySignature).map((member) => ({ member, source })),
    ];
  }

  private membersOf(
    type: ts.TypeNode,
    source: ts.SourceFile,
  ): { member: ts.PropertySignature; source: ts.SourceFile }[] {
    if (ts.isParenthesizedTypeNode(type)) return this.membersOf(type.type, source);
    if (ts.isArrayTypeNode(type)) return this.membersOf(type.elementType, source);
    if (ts.isUnionTypeNode(type) || ts.isIntersectionTypeNode(type)) {
      return type.types.flatMap((each) => this.membersOf(each, source));
    }
    if (ts.isTypeLiteralNode(type)) {
      return type.members.filter(ts.isPropertySignature).map((member) => ({ member, source }));
    }
    if (!ts.isTypeReferenceNode(type)) return [];
    const found = this.find(type.typeName.getText(source), source);
    return found ? this.members(found) : [];
  }

  private fieldsOf(type: ts.TypeNode, source: ts.SourceFile): string[] {
    // What another step reports, and a secret, are plain to the script.
    if (ts.isTypeReferenceNode(type) && ["Reported", "Secret"].includes(type.getText(source))) return [];
    return this.membersOf(type, source).map(({ member, source: at }) => member.name.getText(at));
  }
}

function importedAs(node: ts.ImportDeclaration, name: string): { from: string; name: string } | undefined {
  const from = (node.moduleSpecifier as ts.StringLiteral).text;
  const bindings = node.importClause?.namedBindings;
  if (!from.startsWith(".") || bindings === undefined || !ts.isNamedImports(bindings)) return undefined;
  const found = bindings.elements.find((element) => element.name.text === name);
  return found && { from, name: (found.propertyName ?? found.name).text };
}

function commentOf(member: ts.PropertySignature, source: ts.SourceFile): string {
  const ranges = ts.getLeadingCommentRanges(source.text, member.pos) ?? [];
  const last = ranges.at(-1);
  if (last === undefined) return "";
  return source.text.slice(last.pos + 3, last.end - 2).trim();
}
