import { PlannedComponent } from "../../planned-component";

/** The datacenter's firewall: changed with a guard that takes it back by itself, then confirmed. */
export class DatacenterFirewall extends PlannedComponent {}
