import { PlannedComponent } from "../../planned-component";

/** The datacenter's firewall: changed with a guard that undoes it by itself, then confirmed. */
export class DatacenterFirewall extends PlannedComponent {}
