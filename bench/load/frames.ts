/** RFC 6455, section 5.2: the frames a client meets. */
export const TEXT = 0x1;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/**
 * A client's frame. Clients must mask, and a mask of zeros masks nothing: the cheapest frame that
 * a server has to accept, so that the generator's own time stays small.
 */
export function clientFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length > 0xff_ff) throw new RangeError("a client of the benchmark sends small frames");
  const head = length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(head + 4 + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (length < 126 ? length : 126);
  if (head === 4) frame.writeUInt16BE(length, 2);
  frame.fill(0, head, head + 4);
  payload.copy(frame, head + 4);
  return frame;
}

/** Cuts what a server sends into frames. Fragments are not expected of a server under test. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Hands over each frame that is whole now. */
  push(chunk: Buffer, onFrame: (opcode: number, payload: Buffer) => void): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const frame = frameAt(bytes);
      if (frame === undefined) break;
      onFrame(frame.opcode, frame.payload);
      bytes = bytes.subarray(frame.end);
    }
    this.#rest = bytes;
  }
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly end: number;
}

function frameAt(bytes: Buffer): Frame | undefined {
  const [first = 0, second = 0] = bytes;
  if (bytes.length < 2) return undefined;
  const short = second & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < head) return undefined;
  const length =
    head === 2
      ? short
      : head === 4
        ? bytes.readUInt16BE(2)
        : bytes.readUInt32BE(2) * 2 ** 32 + bytes.readUInt32BE(6);
  const end = head + length;
  if (bytes.length < end) return undefined;
  return { opcode: first & 0x0f, payload: bytes.subarray(head, end), end };
}
