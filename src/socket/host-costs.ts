import type { Nanos } from '../engine/agenda.ts'
import { Fifo } from '../engine/fifo.ts'
import { SYN, type Packet } from '../kernel/packet.ts'

/**
 * What the hosts of the recorded timelines took for themselves, in ns: two processes on one machine, TUN devices, a
 * forwarder in user space. Medians read off those recordings.
 */
/** Each packet, one after the other: 2 to 10 µs, with data most. */
const PACKET: Nanos = 2_000
const DATA_PACKET: Nanos = 7_500
/** A packet that makes a socket or wakes its sleeping reader is answered 30 to 48 µs after it came, any other within 18. */
const WAKE: Nanos = 30_000
/** A reader sleeps when no data has come for so long. */
const ASLEEP_AFTER: Nanos = 200_000
/** A process's turn after it was woken: 20 to 150 µs. */
export const PROCESS: Nanos = 50_000
/** A server's accept, read and answer: 120 to 260 µs. */
export const SERVER_PROCESS: Nanos = 140_000

/** One end of the recorded path: when is a packet that arrives now dealt with? */
export class RecordedHost {
  readonly #cpu = new Fifo()
  /** The next byte of the stream, 0 before the handshake; and when bytes came last. */
  #expected = 0
  #lastData: Nanos = -ASLEEP_AFTER

  /** When the kernel there has the packet. */
  admit(packet: Packet, now: Nanos): Nanos {
    const end = packet.seq + packet.length
    const isHandshake = (packet.tcpFlags & SYN) !== 0
    const isInOrder = packet.length > 0 && packet.seq <= this.#expected && end > this.#expected
    const wakes = isHandshake || (isInOrder && now - this.#lastData >= ASLEEP_AFTER)
    if (isHandshake) this.#expected = 1
    if (isInOrder) {
      this.#expected = end
      this.#lastData = now
    }
    const cost = packet.length > 0 ? DATA_PACKET : PACKET
    return this.#cpu.admit(now, wakes ? cost + WAKE : cost)
  }
}
