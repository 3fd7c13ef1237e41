/** What is installed and run inside a guest, container or machine. */
import {
  builtInFeatures,
  defaultFeatures,
  type EnvironmentScripts,
  featureFile,
  scriptPath,
} from "./environment";

/** A feature of a container. */
export interface FeatureSpec {
  name: string;
  /** Path of the environment's script; absent for one that is built in. */
  script?: string;
}

/** A check that a guest works. */
export interface HealthCheckSpec {
  command: string;
  retries: number;
  /** Seconds between two tries. */
  interval: number;
  /** Seconds one try may take. */
  timeLimit: number;
}

/** A test that runs inside a container. */
export interface TestSpec {
  /** Name of its step: the suite and its place in it. */
  step: string;
  path: string;
}

/** The tests of an entry that run inside it, in its order; those whose script is left out are not among them. */
export function testSpecs(
  suites: Record<string, { path: string }[]>,
  { tests }: EnvironmentScripts,
): TestSpec[] {
  return Object.entries(suites).flatMap(([suite, cases]) =>
    cases.flatMap(({ path: file }, index) => {
      const path = scriptPath(tests, file);
      return path === undefined ? [] : [{ step: `test-${suite}-${index + 1}`, path }];
    }),
  );
}

/** The features of an entry, in its order; those whose script is left out are not among them. */
export function featureSpecs(names: readonly string[], { features }: EnvironmentScripts): FeatureSpec[] {
  return names.flatMap((name) => {
    if (builtInFeatures.includes(name)) return [{ name }];
    const script = scriptPath(features, featureFile(name));
    if (script !== undefined) return [{ name, script }];
    return defaultFeatures.includes(name) ? [{ name }] : [];
  });
}

/** What portainer_role brings, unless the environment has a script of its own for it. */
export function portainerFeature({ features }: EnvironmentScripts): FeatureSpec {
  const name = "portainer";
  const script = scriptPath(features, featureFile(name));
  return script === undefined ? { name } : { name, script };
}

/** The key `health_check` of an entry. */
export function healthCheckSpec(health: {
  command: string;
  retries: number;
  interval: number;
  time_limit: number;
}): HealthCheckSpec {
  const { command, retries, interval, time_limit: timeLimit } = health;
  return { command, retries, interval, timeLimit };
}
