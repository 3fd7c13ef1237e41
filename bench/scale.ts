import { BenchStack } from "./stack";

export interface Scale {
  resources: number;
  /** Wall times in seconds, of whole processes. */
  previewNew: number;
  firstUp: number;
  preview: number;
  noChangeUp: number;
}

/** Times a stack of that many local commands: planned, made, planned again, and an `up` without a change. */
export function measureScale(resources: number): Scale {
  const stack = new BenchStack(
    `for (let i = 0; i < ${resources}; i++) new local.Command("c" + i, { create: "true", environment: { I: String(i) } });\n`,
  );
  try {
    return {
      resources,
      previewNew: stack.run("preview"),
      firstUp: stack.run("up", "--yes", "--skip-preview"),
      preview: stack.run("preview", "--expect-no-changes"),
      noChangeUp: stack.run("up", "--yes", "--skip-preview", "--expect-no-changes"),
    };
  } finally {
    stack.remove();
  }
}
