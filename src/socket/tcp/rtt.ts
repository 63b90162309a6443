import { ticksOf } from '../../engine/timer-wheel.ts'
import type { TcpSocket } from './socket.ts'

/** TCP_RTO_MIN, TCP_RTO_MAX and TCP_TIMEOUT_INIT, in microseconds. */
export const RTO_MIN = 200_000
export const RTO_MAX = 120_000_000
export const RTO_INIT = 1_000_000
/** Nothing measured yet. */
export const NO_RTT = 0x7fff_ffff

/**
 * Takes a round-trip sample in microseconds (tcp_rtt_estimator, net/ipv4/tcp_input.c): `srtt` is kept times 8 and
 * `mdev` times 4. The kernel also lets the variation decay over one window only; with RTO_MIN under it that never shows.
 */
export function sampleRtt(socket: TcpSocket, microseconds: number): void {
  const sample = microseconds < 1 ? 1 : Math.floor(microseconds)
  if (sample < socket.minRtt) socket.minRtt = sample
  if (socket.srtt === 0) {
    socket.srtt = sample << 3
    socket.mdev = sample << 1
    return
  }
  let delta = sample - (socket.srtt >> 3)
  socket.srtt += delta
  if (delta < 0) {
    delta = -delta - (socket.mdev >> 2)
    if (delta > 0) delta >>= 3
  } else {
    delta -= socket.mdev >> 2
  }
  socket.mdev += delta
}

/** The retransmission timeout in microseconds, without back-off: 200 ms or four deviations, and the round trip on top. */
function baseRto(socket: TcpSocket): number {
  if (socket.srtt === 0) return RTO_INIT
  return Math.min((socket.srtt >> 3) + (socket.mdev > RTO_MIN ? socket.mdev : RTO_MIN), RTO_MAX)
}

/** The timeout in effect, in microseconds: doubled by each time-out since the last sample. */
export function rtoOf(socket: TcpSocket): number {
  // Whole ticks, as icsk_rto is kept in jiffies.
  const rto = ticksOf(baseRto(socket)) * 4000
  const backoff = socket.recovery === null ? 0 : socket.recovery.backoff
  return backoff === 0 ? rto : Math.min(rto * 2 ** backoff, RTO_MAX)
}
