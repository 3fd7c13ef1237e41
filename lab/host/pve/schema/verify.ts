/** Verification of a call's parameters. */
import { ParameterError } from "../errors";
import type { Parameters, Values } from "./types";
import { verifyValues } from "./value";

/** Checks all parameters of a call at once; throws ParameterError with every mistake. */
export function verify(parameters: Parameters, given: Record<string, string>, release: 8 | 9): Values {
  const { values, errors } = verifyValues(parameters, given, release);
  const named = Object.entries(errors).map(([key, reason]) => [key, reason.replaceAll("\u0000", key)]);
  if (named.length > 0) throw new ParameterError(Object.fromEntries(named) as Record<string, string>);
  return values;
}
