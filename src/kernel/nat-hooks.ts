import { formatAddress } from './address.ts'
import { Hooks, type HookFunction } from './hooks.ts'
import { CONNTRACK } from './journey.ts'
import type { Machine } from './machine.ts'
import { LOCAL_IN, LOCAL_OUT, NF_ACCEPT, POST_ROUTING, PRE_ROUTING, PRIORITY, type Hook, type Verdict } from './netfilter.ts'
import type { Packet } from './packet.ts'
import type { Tracking } from './tracking.ts'

const NAT_PRIORITIES = { [PRE_ROUTING]: PRIORITY.natDestination, [LOCAL_OUT]: PRIORITY.natDestination, [LOCAL_IN]: PRIORITY.natSource, [POST_ROUTING]: PRIORITY.natSource } as const

/**
 * NAT at one machine's hooks (net/netfilter/nf_nat_core.c, nf_nat_inet_fn): chains of type nat, whoever wrote them, are
 * asked once for each side of a connection; every later packet is translated by its conntrack entry alone.
 */
export class NatHooks {
  readonly #machine: Machine
  readonly #tracking: Tracking
  readonly #chains = new Hooks()
  #isHooked = false

  constructor(machine: Machine, tracking: Tracking) {
    this.#machine = machine
    this.#tracking = tracking
  }

  /** Has `run` asked for connections at that hook, unless a chain before it has decided. The first one brings NAT to all four hooks. */
  register(owner: string, hook: Hook, priority: number, run: HookFunction): void {
    const { nat } = this.#tracking
    this.#chains.register(owner, hook, priority, (packet, at) => (nat.needsSetup(packet, at) ? run(packet, at) : NF_ACCEPT))
    if (this.#isHooked) return
    this.#isHooked = true
    const { hooks } = this.#machine
    for (const at of [PRE_ROUTING, LOCAL_IN, LOCAL_OUT, POST_ROUTING] as const) hooks.register('nat', at, NAT_PRIORITIES[at], (packet) => this.#run(packet, at))
  }

  unregister(owner: string): void {
    this.#chains.unregister(owner)
  }

  #run(packet: Packet, hook: Hook): Verdict {
    if (packet.ct < 0) return NF_ACCEPT
    const { nat } = this.#tracking
    const machine = this.#machine
    if (nat.needsSetup(packet, hook)) {
      const verdict = this.#firstPacket(packet, hook)
      if (verdict !== NF_ACCEPT) return verdict
    } else {
      machine.work.charge(packet, CONNTRACK, machine.costs.natTranslate, 'NAT of a known flow')
    }
    if (packet.journey === null) nat.translate(packet, hook)
    else this.#translateAndExplain(packet, hook)
    return NF_ACCEPT
  }

  #firstPacket(packet: Packet, hook: Hook): Verdict {
    const verdict = this.#chains.run(hook, packet)
    if (verdict !== NF_ACCEPT) return verdict
    if (this.#tracking.nat.needsSetup(packet, hook)) this.#tracking.setup(packet, hook, null)
    // The measured constant is that of a whole flow, so it is charged once, on the destination's side.
    if (hook === PRE_ROUTING || hook === LOCAL_OUT) this.#machine.work.charge(packet, CONNTRACK, this.#machine.costs.natNullBinding, 'NAT binding')
    return NF_ACCEPT
  }

  #translateAndExplain(packet: Packet, hook: Hook): void {
    const before = endpoints(packet)
    if (!this.#tracking.nat.translate(packet, hook)) return
    this.#machine.work.explain(`rewritten ${before} to ${endpoints(packet)}`)
    this.#machine.work.charge(packet, CONNTRACK, 0, 'NAT')
  }
}

function endpoints(packet: Packet): string {
  return `${formatAddress(packet.source)}:${packet.sourcePort} > ${formatAddress(packet.destination)}:${packet.destinationPort}`
}
