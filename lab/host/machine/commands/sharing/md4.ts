/** MD4 (RFC 1320): OpenSSL keeps it from Node.js, and the hash of a Samba password is one. */

const left = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));

/** Order of words, shifts and constant of each round. */
const rounds: [
  order: number[],
  shifts: number[],
  add: number,
  mix: (x: number, y: number, z: number) => number,
][] = [
  [[...Array(16).keys()], [3, 7, 11, 19], 0, (x, y, z) => (x & y) | (~x & z)],
  [
    [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    [3, 5, 9, 13],
    0x5a827999,
    (x, y, z) => (x & y) | (x & z) | (y & z),
  ],
  [
    [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    [3, 9, 11, 15],
    0x6ed9eba1,
    (x, y, z) => x ^ y ^ z,
  ],
];

/** The digest, 16 bytes. */
export function md4(input: Buffer): Buffer {
  const padded = Buffer.alloc(Math.ceil((input.length + 9) / 64) * 64);
  input.copy(padded);
  padded[input.length] = 0x80;
  padded.writeUInt32LE(input.length * 8, padded.length - 8);
  let state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let block = 0; block < padded.length; block += 64) {
    let [a = 0, b = 0, c = 0, d = 0] = state;
    for (const [order, shifts, add, mix] of rounds) {
      order.forEach((word, step) => {
        const sum = (a + mix(b, c, d) + padded.readUInt32LE(block + word * 4) + add) | 0;
        [a, b, c, d] = [d, left(sum, shifts[step % 4] ?? 0), b, c];
      });
    }
    state = [a, b, c, d].map((value, index) => (value + (state[index] ?? 0)) | 0);
  }
  const digest = Buffer.alloc(16);
  state.forEach((value, index) => digest.writeInt32LE(value, index * 4));
  return digest;
}

/** The hash that Samba and Windows keep of a password: 32 hex digits, upper case. */
export function ntHash(password: string): string {
  return md4(Buffer.from(password, "utf16le")).toString("hex").toUpperCase();
}
