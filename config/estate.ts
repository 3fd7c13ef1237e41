/** Loads two files as one estate, or reports every mistake in them at once. */
import { checkSchema, type Draft } from "./check";
import { environmentScripts } from "./environment";
import { ConfigurationError, type Finding, Report } from "./findings";
import { readForms } from "./forms";
import type { Source } from "./forms/form";
import { mergeMachines, takeMachineFile } from "./forms/machine-file";
import { machineFile } from "./forms/machine-path";
import { type HypervisorConfig, hypervisorSchema } from "./hypervisor-schema";
import { type LxcConfigs, lxcSchema } from "./lxc-schema";
import type { Estate } from "./model";
import { Moves } from "./moves";
import { normalise } from "./normalise";
import { readDocument, takeOutMisplaced } from "./read";
import { rules } from "./rules";
import { makeContext } from "./rules/context";

/** Paths of the two files, as messages will name them. */
export interface EstateFiles {
  /** phoenix_hypervisor_config.json. */
  hypervisorConfig: string;
  /** phoenix_lxc_configs.json. */
  lxcConfigs: string;
  /** Folder of the hooks; `hooks` beside the container file by default. */
  hooksDir?: string;
}

/**
 * Reads and checks both files. Throws ConfigurationError with every mistake of both; contacts nothing.
 */
export function loadEstate(files: EstateFiles): { estate: Estate; warnings: Finding[] } {
  const moves = new Moves();
  const hypervisorReport = new Report(files.hypervisorConfig, moves);
  const lxcReport = new Report(files.lxcConfigs, moves);
  const hypervisorDocument = takeOutMisplaced(
    readDocument(files.hypervisorConfig, hypervisorReport),
    hypervisorReport,
  );
  const lxcDocument = readDocument(files.lxcConfigs, lxcReport);
  // As they are in the files: reading later forms changes them in place.
  const documents = structuredClone({ containers: lxcDocument, host: hypervisorDocument });
  const machinesReport = addMachines({ document: hypervisorDocument, report: hypervisorReport }, moves);
  readForms(
    {
      host: { document: hypervisorDocument, report: hypervisorReport },
      containers: { document: lxcDocument, report: lxcReport },
    },
    moves,
  );

  const hypervisor: Draft<HypervisorConfig> | undefined =
    hypervisorDocument === undefined
      ? undefined
      : checkSchema(hypervisorSchema, hypervisorDocument, hypervisorReport);
  const lxc: Draft<LxcConfigs> | undefined =
    lxcDocument === undefined ? undefined : checkSchema(lxcSchema, lxcDocument, lxcReport);
  const environment = environmentScripts(files.lxcConfigs, files.hooksDir);
  const context = makeContext(
    { ...(hypervisor && { hypervisor }), ...(lxc && { lxc }), hypervisorReport, lxcReport, environment },
    { hypervisor: hypervisorDocument, lxc: lxcDocument },
  );
  for (const rule of rules) rule(context);

  const reports = [hypervisorReport, ...(machinesReport ? [machinesReport] : []), lxcReport];
  const mistakes = reports.flatMap((report) => report.mistakes);
  const warnings = reports.flatMap((report) => report.warnings);
  if (mistakes.length > 0) throw new ConfigurationError(mistakes, warnings);
  // Without mistakes the drafts are whole, so parsing them only applies the defaults.
  const parsed = { hypervisor: hypervisorSchema.parse(hypervisor), lxc: lxcSchema.parse(lxc) };
  return { estate: normalise(parsed, environment, { warnings, documents }), warnings };
}

/** Adds the machines of a file of their own; returns the report of that file. */
function addMachines(host: Source, moves: Moves): Report | undefined {
  const file = machineFile(host.report.file, host.document);
  takeMachineFile(host);
  if (file === undefined) return undefined;
  const report = new Report(file, moves);
  mergeMachines(host, { document: readDocument(file, report), report }, moves);
  return report;
}
