import { PlannedComponent } from "../planned-component";

/** All containers of a stack, and the templates and shared folders that they use. */
export class Containers extends PlannedComponent {}
