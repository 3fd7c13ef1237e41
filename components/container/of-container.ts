/** What every step of a container tells its scripts. */
export interface OfContainer {
  /** CTID of the container. */
  ctid: number;
  /** Tag by which the stack knows its own guests. */
  tag: string;
}
