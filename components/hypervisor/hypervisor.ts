import { PlannedComponent } from "../planned-component";

/** The host below the guests; its areas are components below it. */
export class Hypervisor extends PlannedComponent {}
