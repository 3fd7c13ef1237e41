/** Ends a connection with a reason, as sshd does; ssh2 itself only sends reasons without words. */
import type { Connection } from "ssh2";

/** What ssh2 has but does not declare: its packets, and the sequence that ends a connection. */
interface Inner {
  _protocol: {
    _packetRW: {
      write: { alloc(size: number): Buffer; allocStart: number; finalize(packet: Buffer): Buffer };
    };
    _cipher: { encrypt(packet: Buffer): void };
  };
}

/** RFC 4253, section 11.1: SSH_MSG_DISCONNECT with SSH_DISCONNECT_PROTOCOL_ERROR, as OpenSSH's packet_disconnect. */
const message = 1;
const protocolError = 2;

/** Sends SSH_MSG_DISCONNECT with a text and closes the connection. */
export function disconnect(connection: Connection, reason: string): void {
  const { _protocol: protocol } = connection as unknown as Inner;
  const text = Buffer.from(reason);
  const { write } = protocol._packetRW;
  const packet = write.alloc(1 + 4 + 4 + text.length + 4);
  let at = write.allocStart;
  packet[at] = message;
  packet.writeUInt32BE(protocolError, (at += 1));
  packet.writeUInt32BE(text.length, (at += 4));
  text.copy(packet, (at += 4));
  packet.writeUInt32BE(0, at + text.length);
  protocol._cipher.encrypt(write.finalize(packet));
  connection.end();
}
