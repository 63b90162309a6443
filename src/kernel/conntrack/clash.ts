import type { Nanos } from '../../engine/agenda.ts'
import { NF_ACCEPT, NF_DROP, type Verdict } from '../netfilter.ts'
import { UDP, type Packet } from '../packet.ts'
import type { Connections } from './connections.ts'
import { DST_NAT_DONE, FIXED_TIMEOUT, NAT_CLASH, SRC_NAT_DONE } from './status.ts'

/** The loser's entry lives this long, whatever happens. */
const CLASH_LIFETIME: Nanos = 1_000_000_000
/** Releases that learnt to go on with the winner's entry if both tuples are the same, and to keep a loser's answers. */
const ADOPTS_SAME = 4019
const INSERTS_LOSER = 5007

/**
 * nf_ct_resolve_clash(): the packet's entry cannot be inserted because a rival with one of its tuples is in the table.
 * Only datagrams may have two first packets, so only UDP is saved; how many of them depends on the release.
 */
export function resolveClash(table: Connections, packet: Packet, rival: number, at: Nanos, cpu: number): Verdict {
  const { statistics, kernel } = table
  const isResolved = packet.protocol === UDP && (adopt(table, packet, rival, at) || (kernel >= INSERTS_LOSER && keepLoser(table, packet, at, cpu)))
  if (isResolved && kernel >= INSERTS_LOSER) statistics.clashResolve++
  else statistics.insertFailed++
  if (isResolved) return NF_ACCEPT
  statistics.drop++
  return NF_DROP
}

/** The packet goes on with the rival's entry, if that says the same of it. */
function adopt(table: Connections, packet: Packet, rival: number, now: Nanos): boolean {
  const { entries } = table
  const loser = packet.ct
  const isUntouched = (entries.status(rival) & (SRC_NAT_DONE | DST_NAT_DONE)) === 0
  const isSame = entries.sameTuple(2 * loser, 2 * rival) && entries.sameTuple(2 * loser + 1, 2 * rival + 1)
  if (!isUntouched && !(isSame && table.kernel >= ADOPTS_SAME)) return false
  table.retire(loser, now)
  packet.ct = rival
  return true
}

/** The two chose different backends: the loser's entry is found by its replies only, and for a second only. */
function keepLoser(table: Connections, packet: Packet, at: Nanos, cpu: number): boolean {
  const loser = packet.ct
  const rival = table.findSame(2 * loser + 1, at)
  if (rival >= 0) return adopt(table, packet, rival >> 1, at)
  table.entries.setDeadline(loser, CLASH_LIFETIME)
  table.insert(loser, at, cpu, FIXED_TIMEOUT | NAT_CLASH)
  return true
}
