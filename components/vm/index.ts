export { Machines } from "./machines";
export { lookAtMachines, vmidOf } from "./presence";
