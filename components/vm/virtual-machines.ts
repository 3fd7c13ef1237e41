import { PlannedComponent } from "../planned-component";

/** All virtual machines of a stack, and the images and storages that they use. */
export class VirtualMachines extends PlannedComponent {}
