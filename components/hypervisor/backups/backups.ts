import { PlannedComponent } from "../../planned-component";

/** Jobs of Proxmox VE that back guests up by a schedule; each is removed alone, and the backups stay. */
export class Backups extends PlannedComponent {}
