import { DST_NAT, SRC_NAT } from '../../conntrack/status.ts'
import { CT_ESTABLISHED, CT_INVALID, CT_NEW, CT_NONE, CT_RELATED, CT_UNTRACKED } from '../../packet.ts'
import { bang, NotUnderstood } from '../iptables-save/options.ts'
import type { CtMatchState } from '../rule.ts'
import type { MatchModule, MatchOf } from './match-module.ts'

// One bit for each state a packet can be in, and above them those of the connection's NAT status.
const SNAT = 1 << 8
const DNAT = 1 << 9
const BITS: Readonly<Record<CtMatchState, number>> = {
  // A packet that conntrack has not seen counts as INVALID, as in the kernel.
  INVALID: (1 << CT_INVALID) | (1 << CT_NONE),
  NEW: 1 << CT_NEW,
  RELATED: 1 << CT_RELATED,
  ESTABLISHED: 1 << CT_ESTABLISHED,
  UNTRACKED: 1 << CT_UNTRACKED,
  SNAT,
  DNAT,
}
/** In the order in which libxt_conntrack prints them. */
const STATES: readonly CtMatchState[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT']
const OPTION_OF = { conntrack: '--ctstate', state: '--state' } as const

/** `-m conntrack --ctstate` and the older `-m state` (net/netfilter/xt_conntrack.c, xt_state.c). */
export const conntrack: MatchModule<'conntrack'> = {
  kind: 'conntrack',
  modules: ['conntrack', 'state'],
  options: { '--ctstate': 1, '--state': 1 },
  read(options, module) {
    const name = module === 'state' ? 'state' : 'conntrack'
    const option = OPTION_OF[name]
    const given = options.text(option).split(',')
    for (const state of given) if (!isState(state)) throw new NotUnderstood(`${option} ${state} is not a connection state`)
    return { kind: 'conntrack', module: name, states: STATES.filter((state) => given.includes(state)), ...options.negation(option) }
  },
  print: ({ module, states, negated }) =>
    `-m ${module} ${bang(negated)}${OPTION_OF[module]} ${STATES.filter((state) => states.includes(state)).join(',')}`,
  test(match) {
    const wanted = bitsOf(match)
    const expected = match.negated !== true
    return (packet, walk) => ((wanted & ((1 << packet.ctState) | natBits(walk.environment.connectionStatus(packet)))) !== 0) === expected
  },
}

/** The states that will do, as bits 1 << CT_…; undefined if the match asks for more than the state. */
export function statesOf(match: MatchOf<'conntrack'>): number | undefined {
  const bits = bitsOf(match)
  if ((bits & (SNAT | DNAT)) !== 0) return undefined
  return match.negated === true ? ~bits : bits
}

function bitsOf({ states }: MatchOf<'conntrack'>): number {
  let bits = 0
  for (const state of states) bits |= BITS[state]
  return bits
}

function natBits(status: number): number {
  return ((status & SRC_NAT) === 0 ? 0 : SNAT) | ((status & DST_NAT) === 0 ? 0 : DNAT)
}

function isState(text: string): text is CtMatchState {
  return Object.hasOwn(BITS, text)
}
