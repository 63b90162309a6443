import { WheelTimer } from '../../engine/timer-wheel.ts'
import type { Address } from '../../kernel/address.ts'
import type { Packet } from '../../kernel/packet.ts'

/** One end of a connection, as the kernel's hash table (ehash) knows it: an established socket or a half-open request. */
export abstract class Endpoint extends WheelTimer {
  readonly localAddress: Address
  readonly remoteAddress: Address
  /** Local port in the upper half, remote port in the lower: one small integer. */
  readonly ports: number
  /** The next one in the same bucket of `Connections`. */
  chain: Endpoint | null = null

  constructor(localAddress: Address, remoteAddress: Address, ports: number) {
    super()
    this.localAddress = localAddress
    this.remoteAddress = remoteAddress
    this.ports = ports
  }

  /** A segment for it has arrived. */
  abstract receive(packet: Packet): void

  get localPort(): number {
    return this.ports >>> 16
  }

  get remotePort(): number {
    return this.ports & 0xffff
  }
}

export function packPorts(localPort: number, remotePort: number): number {
  return (localPort << 16) | remotePort
}

export function hashTuple(localAddress: Address, remoteAddress: Address, ports: number): number {
  let h = Math.imul(remoteAddress ^ (localAddress << 7) ^ (localAddress >>> 25), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 15) ^ ports, 0xc2b2ae35)
  return h ^ (h >>> 16)
}

const FIRST_SIZE = 16

/** Endpoints by their four-tuple: a chained hash that doubles when it is full. */
export class Connections {
  #buckets: (Endpoint | null)[] = emptyBuckets(FIRST_SIZE)
  #count = 0

  get count(): number {
    return this.#count
  }

  find(localAddress: Address, remoteAddress: Address, ports: number): Endpoint | null {
    let entry = this.#buckets[hashTuple(localAddress, remoteAddress, ports) & (this.#buckets.length - 1)] ?? null
    while (entry !== null && (entry.ports !== ports || entry.remoteAddress !== remoteAddress || entry.localAddress !== localAddress)) {
      entry = entry.chain
    }
    return entry
  }

  add(entry: Endpoint): void {
    if (++this.#count > this.#buckets.length) this.#grow()
    this.#link(entry)
  }

  remove(entry: Endpoint): void {
    const index = this.#indexOf(entry)
    let at = this.#buckets[index] ?? null
    if (at === entry) {
      this.#buckets[index] = entry.chain
      this.#count--
      return
    }
    while (at !== null && at.chain !== entry) at = at.chain
    if (at === null) return
    at.chain = entry.chain
    this.#count--
  }

  /** All of them, in the table's order, which depends on nothing but what was added. */
  *[Symbol.iterator](): Generator<Endpoint> {
    for (const first of this.#buckets) {
      for (let entry = first; entry !== null; entry = entry.chain) yield entry
    }
  }

  #indexOf(entry: Endpoint): number {
    return hashTuple(entry.localAddress, entry.remoteAddress, entry.ports) & (this.#buckets.length - 1)
  }

  #link(entry: Endpoint): void {
    const index = this.#indexOf(entry)
    entry.chain = this.#buckets[index] ?? null
    this.#buckets[index] = entry
  }

  #grow(): void {
    const entries = [...this]
    this.#buckets = emptyBuckets(this.#buckets.length * 2)
    for (const entry of entries) this.#link(entry)
  }
}

function emptyBuckets(size: number): (Endpoint | null)[] {
  return new Array<Endpoint | null>(size).fill(null)
}
