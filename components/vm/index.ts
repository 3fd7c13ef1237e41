export { Machines } from "./machines";
export { lookAtMachines } from "./presence";
