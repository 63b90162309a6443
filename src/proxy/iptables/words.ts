import { type Address, type Cidr, maskOf } from '../../kernel/address.ts'
import type { Match, Rule, Target } from '../../kernel/rules/rule.ts'
import type { Protocol } from '../service-port.ts'

// The words that kube-proxy's rules are made of. Matches that many rules have in common are one object.

export function rule(matches: readonly Match[], target: Target | null): Rule {
  return { matches, target }
}

const jumps = new Map<string, Target>()

/** `-j CHAIN` to a chain of constant name. */
export function jump(chain: string): Target {
  let known = jumps.get(chain)
  if (known === undefined) jumps.set(chain, (known = jumpOnce(chain)))
  return known
}

/** `-j CHAIN` to a chain whose name occurs in few rules: not remembered. */
export function jumpOnce(chain: string): Target {
  return { kind: 'jump', chain }
}

export function comment(text: string): Match {
  return { kind: 'comment', text }
}

export function from(address: Address): Match {
  return { kind: 'source', cidr: host(address) }
}

export function to(address: Address): Match {
  return { kind: 'destination', cidr: host(address) }
}

function host(address: Address): Cidr {
  return { network: address, mask: maskOf(32), prefix: 32 }
}

const PROTOCOL_MATCHES = new Map<number, Match>()

/** `-p tcp`. */
export function isProtocol(protocol: Protocol): Match {
  let known = PROTOCOL_MATCHES.get(protocol.number)
  if (known === undefined) PROTOCOL_MATCHES.set(protocol.number, (known = { kind: 'protocol', protocol: protocol.number }))
  return known
}

/** `-m tcp --dport N`. */
export function toPort(protocol: Protocol, port: number): Match {
  return { kind: 'ports', module: protocol.name, destination: { from: port, to: port } }
}

/** `-m tcp` that asks nothing: kube-proxy names the module even where a rule needs no port. */
export function anyPort(protocol: Protocol): Match {
  return ANY_PORT[protocol.name]
}

const ANY_PORT: Readonly<Record<Protocol['name'], Match>> = {
  tcp: { kind: 'ports', module: 'tcp' },
  udp: { kind: 'ports', module: 'udp' },
  sctp: { kind: 'ports', module: 'sctp' },
}

export const IS_NEW: Match = { kind: 'conntrack', module: 'conntrack', states: ['NEW'] }
export const TO_LOCAL: Match = { kind: 'addrtype', destination: 'LOCAL' }
export const FROM_LOCAL: Match = { kind: 'addrtype', source: 'LOCAL' }
export const DROP: Target = { kind: 'DROP' }
export const ACCEPT: Target = { kind: 'ACCEPT' }
export const RETURN: Target = { kind: 'RETURN' }
export const REJECT: Target = { kind: 'REJECT', with: 'icmp-port-unreachable' }

const HEADER: readonly Match['kind'][] = ['source', 'destination', 'in-interface', 'out-interface', 'protocol']

/** Puts the matches on the packet's header first, in the order in which iptables-save prints them. */
export function headerFirst(matches: readonly Match[]): readonly Match[] {
  const header = HEADER.flatMap((kind) => matches.filter((match) => match.kind === kind))
  return header.concat(matches.filter((match) => !HEADER.includes(match.kind)))
}
