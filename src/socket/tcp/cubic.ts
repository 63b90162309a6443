import type { Nanos } from '../../engine/agenda.ts'

/** C of RFC 9438, in segments per second cubed, and the share of the window that a loss leaves (717/1024 in tcp_cubic.c). */
const C = 0.4
const BETA = 717 / 1024
/** The slope of a Reno-friendly flow with that beta (RFC 9438, 4.3). */
const RENO_SLOPE = (3 * (1 - BETA)) / (1 + BETA)

/** CUBIC's memory (net/ipv4/tcp_cubic.c): how the window grows back after a loss. HyStart is left out. */
export class Cubic {
  #lastMax = 0
  #epochAt: Nanos = -1
  #origin = 0
  #k = 0
  #reno = 0
  /** Segments acknowledged towards the next step of the window. */
  #credit = 0

  /** A loss at this window; returns the new threshold. */
  onLoss(cwnd: number): number {
    this.#epochAt = -1
    // Fast convergence: a flow that lost earlier than last time leaves room for others.
    this.#lastMax = cwnd < this.#lastMax ? (cwnd * (1 + BETA)) / 2 : cwnd
    return Math.max(Math.floor(cwnd * BETA), 2)
  }

  /** The connection was idle: time begins anew. */
  restart(): void {
    this.#epochAt = -1
  }

  /** The window after `acked` more segments, in congestion avoidance. */
  avoid(cwnd: number, acked: number, now: Nanos, rttMicroseconds: number): number {
    const perStep = this.#segmentsPerStep(cwnd, acked, now, rttMicroseconds)
    this.#credit += acked
    if (this.#credit < perStep) return cwnd
    const steps = Math.floor(this.#credit / perStep)
    this.#credit -= steps * perStep
    return cwnd + steps
  }

  #segmentsPerStep(cwnd: number, acked: number, now: Nanos, rttMicroseconds: number): number {
    if (this.#epochAt < 0) this.#beginEpoch(cwnd, now)
    const t = (now - this.#epochAt) / 1e9 + rttMicroseconds / 1e6
    const target = this.#origin + C * (t - this.#k) ** 3
    const perStep = target > cwnd ? cwnd / (target - cwnd) : 100 * cwnd
    this.#reno += (RENO_SLOPE * acked) / cwnd
    const friendly = this.#reno > cwnd ? cwnd / (this.#reno - cwnd) : perStep
    // At most one segment for every two acknowledged.
    return Math.max(Math.min(perStep, friendly), 2)
  }

  #beginEpoch(cwnd: number, now: Nanos): void {
    this.#epochAt = now
    this.#reno = cwnd
    this.#credit = 0
    this.#origin = Math.max(this.#lastMax, cwnd)
    this.#k = Math.cbrt((this.#origin - cwnd) / C)
  }
}
