import type { BackupJobSpec } from "../../../config/model";
import { component } from "../../../plan/build";
import type { Component } from "../../../plan/step";
import { hostStep } from "../host-step";
import { jobStep } from "./job/step";

/** A step for each job, behind the storages that it writes to. It names guests by id, and may be there before them. */
export function planBackups(
  title: string,
  jobs: readonly BackupJobSpec[],
  parent: string | undefined,
  storage: (id: string) => string[],
): Component {
  const steps = jobs.map((job) => {
    const storages = [job.storage, ...(job.fleecingStorage === undefined ? [] : [job.fleecingStorage])];
    return hostStep(`${title}-job-${job.id}`, jobStep(job), {
      needs: [...new Set(storages.flatMap(storage))],
    });
  });
  return component("phoenix:hypervisor:Backups", title, { parent, steps });
}
