export type { HostConnection } from "./connection";
export { Host, type StepArgs } from "./host";
