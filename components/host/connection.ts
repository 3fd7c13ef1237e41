import * as pulumi from "@pulumi/pulumi";
import type { remote } from "@pulumi/command/types/input";

/** How a node is reached by SSH. */
export interface HostConnection {
  /** Address or name of the node. */
  address: string;
  /** Port of its sshd. */
  port: number;
  /** SSH user; the scripts need root. */
  user: string;
  /** The node's host key, as `type base64` or a known_hosts line. Required: an unknown host is refused. */
  hostKey: string;
  /** Text of the private key. */
  privateKey?: pulumi.Output<string>;
  /** Pass phrase of the private key. */
  privateKeyPassword?: pulumi.Output<string>;
  /** Password, where there is no key. */
  password?: pulumi.Output<string>;
}

/**
 * The connection every command of one host shares. It has the same shape each time: a key that comes or
 * goes would show as a change of every command.
 */
export function connectionArgs(connection: HostConnection): remote.ConnectionArgs {
  return {
    host: connection.address,
    port: connection.port,
    user: connection.user,
    hostKey: connection.hostKey,
    privateKey: connection.privateKey,
    privateKeyPassword: connection.privateKeyPassword,
    password: connection.password,
    // A stock sshd drops some of many connections that come at once (MaxStartups 10:30:100).
    dialErrorLimit: 30,
    perDialTimeout: 30,
  };
}
