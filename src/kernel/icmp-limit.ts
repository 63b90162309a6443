import type { Nanos } from '../engine/agenda.ts'
import type { Address } from './address.ts'

const SECOND: Nanos = 1e9
/** Answers that one peer may draw at once (XRLIM_BURST_FACTOR in net/ipv4/icmp.c). */
const BURST_FACTOR = 6
/** Peers to remember; those whose bucket is full again are forgotten first. */
const PEERS_MAX = 65_536

/**
 * icmp_ratelimit (ms between answers to one peer; 0: none), icmp_msgs_per_sec and icmp_msgs_burst (to all peers; 0 a second
 * leaves the first burst and nothing after it, as measured on 6.18), icmp_ratemask (which ICMP types both limits are for).
 */
export interface IcmpLimits {
  icmp_ratelimit: number
  icmp_ratemask: number
  icmp_msgs_per_sec: number
  icmp_msgs_burst: number
}

interface PeerBucket {
  tokens: Nanos
  at: Nanos
}

/**
 * How often a machine answers with ICMP errors (icmp_global_allow and inet_peer_xrlim_allow, net/ipv4):
 * a token bucket for all, and one for each peer. Echo replies are not limited.
 */
export class IcmpLimit {
  readonly #limits: IcmpLimits
  readonly #peers = new Map<Address, PeerBucket>()
  #credit: number
  #creditAt: Nanos = 0

  constructor(limits: IcmpLimits) {
    this.#limits = limits
    this.#credit = limits.icmp_msgs_burst
  }

  /** Whether an error of that ICMP type may be sent to `peer` now; if so it is counted. */
  allow(now: Nanos, peer: Address, type: number): boolean {
    if ((this.#limits.icmp_ratemask & (1 << type)) === 0) return true
    return this.#allowGlobal(now) && this.#allowPeer(now, peer)
  }

  #allowGlobal(now: Nanos): boolean {
    const { icmp_msgs_per_sec: rate, icmp_msgs_burst: burst } = this.#limits
    this.#credit = Math.min(burst, this.#credit + ((now - this.#creditAt) / SECOND) * rate)
    this.#creditAt = now
    if (this.#credit < 1) return false
    this.#credit--
    return true
  }

  #allowPeer(now: Nanos, peer: Address): boolean {
    const interval = this.#limits.icmp_ratelimit * 1e6
    if (interval === 0) return true
    const bucket = this.#peers.get(peer) ?? this.#newPeer(now, peer, interval)
    bucket.tokens = Math.min(BURST_FACTOR * interval, bucket.tokens + now - bucket.at)
    bucket.at = now
    if (bucket.tokens < interval) return false
    bucket.tokens -= interval
    return true
  }

  #newPeer(now: Nanos, peer: Address, interval: Nanos): PeerBucket {
    if (this.#peers.size >= PEERS_MAX) this.#forgetIdle(now, interval)
    // A peer that the kernel has not seen starts with a full bucket: its last answer lies in the distant past.
    const bucket = { tokens: BURST_FACTOR * interval, at: now }
    this.#peers.set(peer, bucket)
    return bucket
  }

  #forgetIdle(now: Nanos, interval: Nanos): void {
    for (const [peer, bucket] of this.#peers) {
      if (bucket.tokens + now - bucket.at >= BURST_FACTOR * interval) this.#peers.delete(peer)
    }
  }
}
