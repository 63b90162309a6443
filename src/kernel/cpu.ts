import { Fifo } from '../engine/fifo.ts'
import type { Packet } from './packet.ts'

/** net.core.netdev_max_backlog: packets that may wait for one core (net/core/dev.c, enqueue_to_backlog). */
const NETDEV_MAX_BACKLOG = 1000

/** The cores of one machine. Each works off its packets in order; a flow stays on one core. */
export class Cpus {
  readonly cores: readonly Fifo[]

  constructor(count: number) {
    this.cores = Array.from({ length: count }, () => new Fifo(NETDEV_MAX_BACKLOG))
  }

  /** The core that a packet is steered to: by a hash of its flow, as RSS and RPS do. */
  steer(packet: Packet): number {
    const cores = this.cores.length
    return cores === 1 ? 0 : flowHash(packet) % cores
  }

  /** Time all cores have worked, in ns. */
  busy(): number {
    let total = 0
    for (const core of this.cores) total += core.busy
    return total
  }
}

/** A hash of a packet's flow as it stands: not symmetric, like the Toeplitz hash of a NIC. */
export function flowHash(packet: Packet): number {
  let hash = Math.imul(packet.source ^ 0x9e3779b9, 0x85ebca6b)
  hash = Math.imul((hash ^ (hash >>> 13)) + packet.destination, 0xc2b2ae35)
  if (packet.protocol !== 1) hash = Math.imul(hash ^ (packet.sourcePort << 16) ^ packet.destinationPort, 0x27d4eb2f)
  return (hash ^ (hash >>> 15)) >>> 0
}
