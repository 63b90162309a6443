import type { ConntrackTable } from '../../../src/kernel/conntrack/table.ts'
import type { Nat } from '../../../src/kernel/nat/nat.ts'
import { LOCAL_IN, LOCAL_OUT, NF_ACCEPT, POST_ROUTING, PRE_ROUTING, type Hook, type Verdict } from '../../../src/kernel/netfilter.ts'
import { CT_NONE, type Packet } from '../../../src/kernel/packet.ts'
import type { NatRange } from '../../../src/kernel/rules/rule.ts'

/** What the nat table would say of each side of a new connection. */
export interface Rules {
  destination?: NatRange | null
  source?: NatRange | null
}

/** A machine's conntrack and NAT, without its routes and rules. */
export interface Box {
  table: ConntrackTable
  nat: Nat
}

export function to(text: { address: number; port: number }): NatRange {
  return { addresses: { from: text.address, to: text.address }, ports: { from: text.port, to: text.port } }
}

function translate(box: Box, packet: Packet, hook: Hook, range: NatRange | null, now: number, cpu: number): void {
  if (box.nat.needsSetup(packet, hook)) box.nat.setup(packet, hook, range, now, cpu)
  box.nat.translate(packet, hook)
}

function pass(box: Box, packet: Packet, first: Hook, last: Hook, rules: Rules, now: number, cpu: number): Verdict {
  packet.ct = -1
  packet.ctDirection = 0
  packet.ctState = CT_NONE
  const verdict = box.table.track(packet, now, cpu)
  if (verdict !== NF_ACCEPT) return verdict
  translate(box, packet, first, rules.destination ?? null, now, cpu)
  translate(box, packet, last, rules.source ?? null, now, cpu)
  const confirmed = box.table.confirm(packet, now + 1000, cpu)
  if (confirmed !== NF_ACCEPT) box.table.drop(packet, now)
  return confirmed
}

/** Through the machine: PREROUTING and POSTROUTING. */
export function forward(box: Box, packet: Packet, rules: Rules = {}, now = 0, cpu = 0): Verdict {
  return pass(box, packet, PRE_ROUTING, POST_ROUTING, rules, now, cpu)
}

/** To a socket of the machine. */
export function deliver(box: Box, packet: Packet, rules: Rules = {}, now = 0, cpu = 0): Verdict {
  return pass(box, packet, PRE_ROUTING, LOCAL_IN, rules, now, cpu)
}

/** From a socket of the machine to elsewhere. */
export function send(box: Box, packet: Packet, rules: Rules = {}, now = 0, cpu = 0): Verdict {
  return pass(box, packet, LOCAL_OUT, POST_ROUTING, rules, now, cpu)
}
