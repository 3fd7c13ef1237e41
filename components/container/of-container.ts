/** Settings that every step of a container has. */
export interface OfContainer {
  /** CTID of the container. */
  ctid: number;
  /** Tag by which the stack knows its own guests. */
  tag: string;
}
