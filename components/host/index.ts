export type { HostConnection } from "./connection";
export { Host } from "./host";
