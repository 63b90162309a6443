import type { Nanos } from '../../engine/agenda.ts'
import { below, type Random } from '../../engine/random.ts'

/** memberlist.DefaultLANConfig(), which MetalLB's speakers use (hashicorp/memberlist config.go, metallb internal/speakerlist). */
const PROBE_INTERVAL: Nanos = 1e9
const GOSSIP_INTERVAL: Nanos = 200e6
const GOSSIP_NODES = 3
/** How long a dead member is still told what happens, and can say that it is not dead. */
export const GOSSIP_TO_THE_DEAD: Nanos = 30e9
const SUSPICION_MULT = 4
const SUSPICION_MAX_TIMEOUT_MULT = 6

/**
 * How long after a member fell silent the others have declared it dead: each member probes one other a second, in an
 * order of its own; who gets no answer, neither directly nor through others, suspects it and tells; a suspicion times
 * out the sooner the more members confirm it (Lifeguard). `members`: how many there were, the silent one included.
 * Local health (awareness) is taken to be good.
 */
export function detectionTime(members: number, random: Random): Nanos {
  const survivors = members - 1
  // When each survivor suspects the silent member: at the end of the interval of its first probe that failed.
  const suspicions = Array.from({ length: survivors }, () => (below(random, survivors) + random() + 1) * PROBE_INTERVAL).sort((a, b) => a - b)
  const [first = 0, ...later] = suspicions
  const { least, most, wanted } = suspicionTimeouts(members)
  let deadline = first + (wanted < 1 ? least : most)
  for (const [i, suspicion] of later.slice(0, wanted).entries()) {
    const heard = suspicion + gossipTime(survivors, random)
    if (heard >= deadline) break
    deadline = Math.max(heard, first + suspicionTimeout(i + 1, wanted, least, most))
  }
  return Math.round(deadline + gossipTime(survivors, random))
}

/** suspectNode, suspicionTimeout in memberlist's state.go and util.go. */
function suspicionTimeouts(members: number): { least: Nanos; most: Nanos; wanted: number } {
  const scale = Math.max(1, Math.log10(Math.max(1, members)))
  const least = (SUSPICION_MULT * Math.floor(scale * 1000) * PROBE_INTERVAL) / 1000
  // Too few members to confirm: nothing is waited for.
  const wanted = members - 2 < SUSPICION_MULT - 2 ? 0 : SUSPICION_MULT - 2
  return { least, most: SUSPICION_MAX_TIMEOUT_MULT * least, wanted }
}

/** remainingSuspicionTime in memberlist's suspicion.go, from the start of the suspicion. */
function suspicionTimeout(confirmations: number, wanted: number, least: Nanos, most: Nanos): Nanos {
  const share = Math.log(confirmations + 1) / Math.log(wanted + 1)
  return Math.max(least, Math.floor((most - share * (most - least)) / 1e6) * 1e6)
}

/** Until a message has reached everybody: each who has it tells three others at each tick. */
function gossipTime(members: number, random: Random): Nanos {
  const rounds = Math.ceil(Math.log(Math.max(2, members)) / Math.log(1 + GOSSIP_NODES))
  return (rounds - random()) * GOSSIP_INTERVAL
}
