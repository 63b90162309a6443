import { costsOf } from '../../costs.ts'
import { Agenda } from '../../engine/agenda.ts'
import { RandomStreams } from '../../engine/random.ts'
import { cidrOf, LOOPBACK, type Address } from '../address.ts'
import { DROP_REASONS } from '../drops.ts'
import { IcmpLimit } from '../icmp-limit.ts'
import type { Interface } from '../interface.ts'
import type { IpSet } from '../ipset/ip-set.ts'
import { kernelDefaults } from '../ipvs/settings.ts'
import type { VirtualServer } from '../ipvs/virtual-server.ts'
import { IpvsHooks } from '../ipvs-hooks.ts'
import { CONNTRACK, NETFILTER, ROUTING, type Place, type Step } from '../journey.ts'
import { Machine } from '../machine.ts'
import { FORWARD, HOOK_CHAINS, LOCAL_IN, LOCAL_OUT, NF_ACCEPT, POST_ROUTING, PRE_ROUTING, PRIORITY, type Hook, type Verdict } from '../netfilter.ts'
import { describePacket } from '../packet-text.ts'
import { CT_ESTABLISHED, CT_INVALID, CT_NEW, CT_RELATED, CT_UNTRACKED, recycle, type CtState, type Packet } from '../packet.ts'
import type { Ruleset } from '../rules/program.ts'
import { Tracking } from '../tracking.ts'
import { SavedTables, type RuleHit } from './saved-tables.ts'
import { packetFrom, type WrittenPacket } from './written-packet.ts'

export const CT_STATES = { NEW: CT_NEW, ESTABLISHED: CT_ESTABLISHED, RELATED: CT_RELATED, INVALID: CT_INVALID, UNTRACKED: CT_UNTRACKED } as const satisfies Record<string, CtState>
export type CtStateName = keyof typeof CT_STATES
export type HookName = (typeof HOOK_CHAINS)[number]

/** What somebody saved on a node. */
export interface SavedNode {
  rules: Ruleset
  /** undefined: the node has no IPVS. */
  services: readonly VirtualServer[] | undefined
  sets: ReadonlyMap<string, IpSet>
  /** The node's own addresses; those of IPVS services are its own besides. */
  localAddresses: readonly Address[]
}

/** One packet's way through it. */
export interface Passage {
  packet: WrittenPacket
  /** Where it comes in; undefined: a process of the node sends it. */
  in: string | undefined
  /** Where it leaves, if it does; undefined: that is not known. */
  out: string | undefined
  ctState: CtStateName
  mark: number
  /** This hook alone. */
  hook: HookName | undefined
  /** Of what `-m statistic` draws. */
  seed: string
}

export interface WalkThrough {
  packet: string
  verdict: 'forwarded' | 'delivered' | 'dropped' | 'rejected' | 'accepted'
  /** What became of it, in words. */
  end: string
  /** The packet as it ends. */
  becomes: string
  mark: number
  hits: RuleHit[]
  /** Rules, connection tracking, routing and IPVS, in order. */
  steps: Pick<Step, 'packet' | 'what' | 'details'>[]
  /** What was not known or is not modelled, and met on the way: the answer holds only if it is as was assumed. */
  doubts: string[]
}

/** Walks a packet through the rules that somebody saved on a node, hook by hook, as that node's kernel would. */
export function walkThrough(node: SavedNode, passage: Passage): WalkThrough {
  return new SavedMachine(node, passage).walk()
}

/** Where a packet leaves; it only notes that one did. */
class WayOut implements Interface {
  readonly kind = 'ethernet'
  readonly name: string
  readonly addresses: Address[] = []
  hasSent = false

  constructor(name: string) {
    this.name = name
  }

  transmit(): void {
    this.hasSent = true
  }
}

/** A machine with the node's rules, sets and services, and one way out of it. */
class SavedMachine {
  readonly #passage: Passage
  readonly #machine = new Machine({ name: 'node', agenda: new Agenda(), costs: costsOf('hot', 'nft'), cores: 1 })
  readonly #tracking: Tracking
  readonly #tables: SavedTables
  readonly #out: WayOut
  readonly #in: Interface | null
  /** The packet as it was seen last. */
  #seen = ''
  #mark = 0

  constructor(node: SavedNode, passage: Passage) {
    const random = new RandomStreams(passage.seed)
    const machine = this.#machine
    this.#passage = passage
    this.#out = new WayOut(passage.out ?? UNKNOWN)
    this.#in = passage.in === undefined ? null : passage.in === machine.loopback.name ? machine.loopback : new WayOut(passage.in)
    this.#addRoutes(node)
    this.#tracking = new Tracking(machine, { kernel: kernelDefaults().kernel, sysctls: {}, icmpLimit: new IcmpLimit(NO_LIMIT), random: random.stream('nat') })
    this.#tables = new SavedTables(machine, this.#tracking, random.stream('statistic'))
    this.#tables.knowsAddress = node.localAddresses.length > 0
    this.#tables.sets = node.sets
    if (node.services !== undefined) this.#addServices(node.services)
    this.#tables.load(node.rules)
    if (passage.ctState !== 'NEW') this.#pretend(CT_STATES[passage.ctState])
    for (const hook of ALL_HOOKS) for (const priority of AFTER_NAT) machine.hooks.register('witness', hook, priority, this.#witness)
  }

  walk(): WalkThrough {
    const packet = packetFrom(this.#passage.packet, this.#passage.ctState === 'NEW')
    const steps: Step[] = []
    packet.mark = this.#passage.mark | 0
    packet.journey = { steps }
    const written = describePacket(packet)
    this.#witness(packet)
    const isAccepted = this.#send(packet)
    const { verdict, end } = this.#outcome(packet, isAccepted)
    if (verdict === 'forwarded' || verdict === 'delivered' || verdict === 'accepted') {
      this.#witness(packet)
      recycle(packet)
    }
    const tables = this.#tables
    if (this.#passage.out === undefined && tables.asksForWayOut()) tables.doubts.add('by which interface it leaves is not known: rules with -o are taken not to match')
    return {
      packet: written,
      verdict,
      end,
      becomes: this.#seen,
      mark: this.#mark >>> 0,
      hits: tables.hits,
      // What has no details is only a cost; how it ended is told apart.
      steps: steps.filter(({ place, what, details }) => place !== undefined && SHOWN.includes(place) && details.length > 0 && what !== 'dropped').map(({ packet, what, details }) => ({ packet, what, details })),
      doubts: [...tables.doubts],
    }
  }

  /** Only what a single hook says of it is known at once; else the machine has dealt with it when this returns. */
  #send(packet: Packet): boolean | undefined {
    const { hook, ctState } = this.#passage
    const machine = this.#machine
    if (hook === undefined) {
      if (this.#in === null) machine.respond(packet)
      else machine.receive(packet, this.#in)
      return undefined
    }
    const at = HOOK_CHAINS.indexOf(hook) as Hook // the names stand in the order of the hooks
    packet.inInterface = this.#in
    packet.outInterface = at === PRE_ROUTING || at === LOCAL_IN ? null : this.#out
    if (ctState !== 'NEW') packet.ctState = CT_STATES[ctState]
    else if (at !== PRE_ROUTING && at !== LOCAL_OUT) this.#tracking.table.track(packet, machine.work.now, 0)
    return machine.pass(at, packet)
  }

  #outcome(packet: Packet, isAccepted: boolean | undefined): Pick<WalkThrough, 'verdict' | 'end'> {
    const [reason] = this.#machine.drops.counts.keys()
    if (reason !== undefined) {
      const isRefused = reason === 'rule: REJECT' || reason === 'ipvs: no destination'
      return { verdict: isRefused ? 'rejected' : 'dropped', end: reason.startsWith('rule: ') ? `by ${this.#tables.decidedBy}` : DROP_REASONS[reason] }
    }
    if (this.#out.hasSent) return { verdict: 'forwarded', end: this.#passage.out === undefined ? 'leaves the node' : `leaves by ${this.#out.name}` }
    if (isAccepted === true) return { verdict: 'accepted', end: `passes ${this.#passage.hook}` }
    return { verdict: 'delivered', end: `is for a socket of the node${packet.destinationPort === 0 ? '' : `, on port ${packet.destinationPort}`}` }
  }

  #addRoutes({ localAddresses, services }: SavedNode): void {
    const { routes, loopback } = this.#machine
    const [primary] = localAddresses
    this.#machine.primaryAddress = primary ?? 0
    loopback.addresses.push(LOOPBACK)
    for (const address of [...localAddresses, ...(services ?? []).map((service) => service.address)]) routes.addLocal(address)
    routes.add({ to: cidrOf('0.0.0.0/0'), out: this.#out, via: undefined, source: this.#machine.primaryAddress })
  }

  #addServices(services: readonly VirtualServer[]): void {
    const { ipvs } = new IpvsHooks(this.#machine, this.#tracking, kernelDefaults())
    for (const service of services) ipvs.services.add(service)
    this.#tables.ipvs = ipvs
  }

  /** The packet is one of a connection that nobody knows anything else of: its NAT, if any, is not known either. */
  #pretend(state: CtState): void {
    const { hooks } = this.#machine
    hooks.unregister('conntrack')
    for (const hook of [PRE_ROUTING, LOCAL_OUT] as const) {
      hooks.register('conntrack', hook, PRIORITY.conntrack, (packet) => {
        if (packet.ctState !== CT_UNTRACKED) packet.ctState = state
        return NF_ACCEPT
      })
    }
  }

  readonly #witness = (packet: Packet): Verdict => {
    this.#seen = describePacket(packet)
    this.#mark = packet.mark
    return NF_ACCEPT
  }
}

const UNKNOWN = '?'
const NO_LIMIT = { icmp_ratelimit: 0, icmp_ratemask: 0, icmp_msgs_per_sec: 0, icmp_msgs_burst: 0 }
const ALL_HOOKS = [PRE_ROUTING, LOCAL_IN, FORWARD, LOCAL_OUT, POST_ROUTING] as const
/** A packet that is dropped is gone; it is looked at after whatever may rewrite it. */
const AFTER_NAT = [PRIORITY.ipvsLocalOut + 1, PRIORITY.natSource + 1]
const SHOWN: readonly Place[] = [NETFILTER, CONNTRACK, ROUTING]
