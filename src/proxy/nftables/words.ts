import { type Address, type Cidr, maskOf } from '../../kernel/address.ts'
import type { AddressField, NftRule, Statement } from '../../kernel/nftables/rule.ts'
import type { LocalDetector } from '../local-detector.ts'

// The words that kube-proxy's nftables rules are made of. Statements that many rules have in common are one object.

export function rule(...statements: Statement[]): NftRule {
  return { statements }
}

export function commented(comment: string, ...statements: Statement[]): NftRule {
  return { statements, comment }
}

export function from(address: Address): Statement {
  return { kind: 'address', field: 'ip saddr', cidr: { network: address, mask: maskOf(32), prefix: 32 } }
}

export function to(address: Address): Statement {
  return { kind: 'address', field: 'ip daddr', cidr: { network: address, mask: maskOf(32), prefix: 32 } }
}

/** `ip saddr { … }`; nft itself makes a plain comparison of a set of one element. */
export function amongst(field: AddressField, cidrs: readonly Cidr[], negated: boolean): Statement {
  const [only] = cidrs
  return only !== undefined && cidrs.length === 1 ? { kind: 'address', field, cidr: only, negated } : { kind: 'any-address', field, cidrs, negated }
}

/** From a local pod, as far as anybody can tell (pkg/proxy/util/localdetector.go, IfLocalNFT). */
export function fromLocalPod(detector: NonNullable<LocalDetector>): Extract<Statement, { kind: 'address' | 'in-interface' }> {
  return detector.kind === 'source'
    ? { kind: 'address', field: 'ip saddr', cidr: detector.cidr }
    : { kind: 'in-interface', name: detector.name.replace(/\+$/, '*') }
}

/** The opposite (IfNotLocalNFT). */
export function notFromLocalPod(detector: NonNullable<LocalDetector>): Statement {
  return { ...fromLocalPod(detector), negated: true }
}

export const IS_NEW: Statement = { kind: 'ct-state', states: ['new'] }
export const FROM_LOCAL: Statement = { kind: 'fib', side: 'saddr', type: 'local' }
export const TO_LOCAL: Statement = { kind: 'fib', side: 'daddr', type: 'local' }
export const DROP: Statement = { kind: 'drop' }
export const REJECT: Statement = { kind: 'REJECT', with: 'icmp-port-unreachable' }
export const MARK_MASQUERADE: Statement = { kind: 'jump', chain: 'mark-for-masquerade' }
