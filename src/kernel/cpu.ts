import { Fifo } from '../engine/fifo.ts'
import { below, type Random } from '../engine/random.ts'
import { ICMP, type Packet } from './packet.ts'

/** net.core.netdev_max_backlog: packets that may wait for one core (net/core/dev.c, enqueue_to_backlog). */
const NETDEV_MAX_BACKLOG = 1000

/** Senders that move: this share of what sockets send is worked on by another core than its flow's. */
export interface Migration {
  readonly share: number
  readonly random: Random
}

/** The cores of one machine. Each works off its packets in order; a flow stays on one core. */
export class Cpus {
  readonly cores: readonly Fifo[]
  readonly #migration: Migration | undefined

  constructor(count: number, migration?: Migration) {
    this.#migration = migration
    this.cores = Array.from({ length: count }, () => new Fifo(NETDEV_MAX_BACKLOG))
  }

  /** The core that a packet is steered to: by a hash of its flow, as RSS and RPS do. */
  steer(packet: Packet): number {
    const cores = this.cores.length
    return cores === 1 ? 0 : flowHash(packet) % cores
  }

  /**
   * The core on which a socket's packet is sent: that of its flow, unless the sender has moved to another core and its
   * last packet still waits on the one before (two threads; a scheduler's decision; steering without flow hashes).
   */
  steerSent(packet: Packet): number {
    const cpu = this.steer(packet)
    const cores = this.cores.length
    const migration = this.#migration
    if (migration === undefined || cores === 1 || migration.random() >= migration.share) return cpu
    return (cpu + 1 + below(migration.random, cores - 1)) % cores
  }

  /** Time all cores have worked, in ns. */
  busy(): number {
    let total = 0
    for (const core of this.cores) total += core.busy
    return total
  }
}

/** A hash of a packet's flow as it stands: not symmetric, like the Toeplitz hash of a NIC. Every bit of it is good. */
export function flowHash(packet: Packet): number {
  let hash = mix(packet.source) ^ packet.destination
  if (packet.protocol !== ICMP) hash = mix(hash) ^ (packet.sourcePort << 16) ^ packet.destinationPort
  return mix(hash) >>> 0
}

/** MurmurHash3's finalizer: ephemeral ports go up in even steps, and nothing of that may show in the low bits. */
function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
