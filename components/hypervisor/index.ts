export { Hypervisor } from "./hypervisor";
