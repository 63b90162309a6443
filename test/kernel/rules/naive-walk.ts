import { compileRule } from '../../../src/kernel/rules/compile.ts'
import { HOOK_CHAINS, NF_ACCEPT, NF_DROP, type Hook, type Verdict } from '../../../src/kernel/netfilter.ts'
import type { Packet } from '../../../src/kernel/packet.ts'
import type { Chain, Table } from '../../../src/kernel/rules/program.ts'
import { Walker } from '../../../src/kernel/rules/walker.ts'

export interface NaiveResult {
  verdict: Verdict
  evaluated: number
  /** `CHAIN POSITION` of every rule that matched, in order. */
  hits: string[]
}

/**
 * The walk as ipt_do_table does it: every rule in turn, no index. `machine` lends its environment and the state of its
 * matches; its own walking is not used.
 */
export function walkNaively(machine: Walker, table: Table, hook: Hook, packet: Packet): NaiveResult {
  machine.begin()
  const result: NaiveResult = { verdict: NF_ACCEPT, evaluated: 0, hits: [] }
  const stack: { chain: Chain; position: number }[] = []
  let chain = table.chain(HOOK_CHAINS[hook])
  const base = chain
  let position = 0
  while (chain !== undefined) {
    const rule = chain.segments.flatMap(({ rules }) => rules)[position]
    let leave = rule === undefined
    if (rule !== undefined) {
      result.evaluated++
      position++
      if (!compileRule(rule).matches(packet, machine)) continue
      result.hits.push(`${chain.name} ${position - 1}`)
      const { target } = rule
      if (target?.kind === 'ACCEPT') return { ...result, verdict: NF_ACCEPT }
      if (target?.kind === 'DROP') return { ...result, verdict: NF_DROP }
      if (target?.kind === 'DNAT' || target?.kind === 'REJECT') return { ...result, verdict: machine.environment.act(target, packet, hook) }
      if (target?.kind === 'NOTRACK') machine.environment.act(target, packet, hook)
      if (target?.kind === 'MARK') packet.mark = (packet.mark & ~target.mask) ^ target.value
      if (target?.kind === 'jump' || target?.kind === 'goto') {
        if (target.kind === 'jump') stack.push({ chain, position })
        chain = table.chain(target.chain)
        position = 0
      }
      leave = target?.kind === 'RETURN'
    }
    if (leave) {
      const back = stack.pop()
      chain = back?.chain
      position = back?.position ?? 0
    }
  }
  return { ...result, verdict: base?.policy === 'DROP' ? NF_DROP : NF_ACCEPT }
}
