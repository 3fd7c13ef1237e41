import type { Resource } from "./state";
import { isUnknown, masked, type Props } from "./values";

export type Op =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "read-replacement"
  | "refresh"
  | "discard"
  | "discard-replaced"
  | "remove-pending-replace"
  | "import"
  | "import-replacement";

export interface PropertyDiff {
  diffKind: "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";
  inputDiff: boolean;
}

export interface StateMetadata {
  type: string;
  urn: string;
  custom: boolean;
  delete?: boolean;
  id: string;
  parent: string;
  protect?: boolean;
  retainOnDelete?: boolean;
  inputs: Props;
  outputs: Props;
  provider: string;
  initErrors?: string[];
}

export interface StepMetadata {
  op: Op;
  urn: string;
  type: string;
  old: StateMetadata | null;
  new: StateMetadata | null;
  keys?: string[];
  diffs?: string[];
  detailedDiff: Record<string, PropertyDiff> | null;
  logical?: boolean;
  provider: string;
}

export type Severity = "debug" | "info" | "info#err" | "warning" | "error";

export interface Diagnostic {
  urn?: string;
  message: string;
  color: string;
  severity: Severity;
  ephemeral?: boolean;
  streamID?: number;
}

/** apitype.EngineEvent: exactly one of the fields besides the first two is set. */
export interface EngineEvent {
  sequence: number;
  timestamp: number;
  preludeEvent?: { config: Record<string, string> };
  diagnosticEvent?: Diagnostic;
  stdoutEvent?: { message: string; color: string };
  resourcePreEvent?: { metadata: StepMetadata; planning?: boolean };
  resOutputsEvent?: { metadata: StepMetadata; planning?: boolean };
  resOpFailedEvent?: { metadata: StepMetadata; status: number; steps: number };
  summaryEvent?: {
    maybeCorrupt: boolean;
    durationSeconds: number;
    resourceChanges: Partial<Record<Op, number>>;
    PolicyPacks: Record<string, string>;
    isPreview: boolean;
    result: "succeeded" | "failed" | "canceled";
  };
  cancelEvent?: object;
}

export type EventBody = Omit<EngineEvent, "sequence" | "timestamp">;
export type Listener = (event: EngineEvent) => void;

/** Numbers events and hands them to whoever shows or records them. */
export class Events {
  private sequence = 0;
  private readonly listeners: Listener[] = [];
  private hidden: string[] = [];

  /** Texts that no message may show: secrets of the configuration, and those that resources are given. */
  hide(texts: Iterable<string>): void {
    const known = this.hidden.length;
    for (const text of texts) {
      // As Pulumi: the shortest would blot out half of every message.
      if (text.length < 3 || text === "true" || text === "false" || isUnknown(text)) continue;
      // What a program prints comes line by line, a key too.
      const lines = text.split("\n").filter((line) => line.length >= 16 && !line.startsWith("-----"));
      for (const form of [text, JSON.stringify(text).slice(1, -1), ...(text.includes("\n") ? lines : [])])
        if (!this.hidden.includes(form)) this.hidden.push(form);
    }
    if (this.hidden.length > known) this.hidden.sort((a, b) => b.length - a.length);
  }

  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  emit(body: EventBody): void {
    const event = { sequence: this.sequence++, timestamp: Math.floor(Date.now() / 1000), ...body };
    for (const listener of this.listeners) listener(event);
  }

  diagnostic(severity: Severity, message: string, urn = "", ephemeral = false): void {
    const shown = this.hidden.reduce((all, secret) => all.replaceAll(secret, "[secret]"), message);
    const text = shown.endsWith("\n") ? shown : `${shown}\n`;
    this.emit({
      diagnosticEvent: {
        ...(urn ? { urn } : {}),
        message: text,
        color: "never",
        severity,
        ...(ephemeral ? { ephemeral } : {}),
      },
    });
  }
}

export function stateMetadata(r: Resource | undefined): StateMetadata | null {
  if (!r) return null;
  return {
    type: r.type,
    urn: r.urn,
    custom: r.custom,
    ...(r.delete ? { delete: true } : {}),
    id: r.id ?? "",
    parent: r.parent ?? "",
    ...(r.protect ? { protect: true } : {}),
    ...(r.retainOnDelete ? { retainOnDelete: true } : {}),
    inputs: masked(r.inputs),
    outputs: masked(r.outputs),
    provider: r.provider ?? "",
    ...(r.initErrors?.length ? { initErrors: r.initErrors } : {}),
  };
}
