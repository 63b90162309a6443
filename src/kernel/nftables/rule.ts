import type { Cidr } from '../address.ts'
import type { Target } from '../rules/rule.ts'

/** A part of a packet that statements ask for. `th dport` is the destination port of whatever protocol has ports. */
export type Field = 'ip saddr' | 'ip daddr' | 'meta l4proto' | 'th dport'
export type AddressField = 'ip saddr' | 'ip daddr'
export type CtState = 'new' | 'established' | 'related' | 'invalid' | 'untracked'

/** Where a packet goes from here: what a rule may end with, and what a verdict map gives. */
export type VerdictStatement = { kind: 'accept' } | { kind: 'drop' } | { kind: 'return' } | { kind: 'jump'; chain: string } | { kind: 'goto'; chain: string }

/** What ends a rule by acting on the packet; the same words as an iptables target's. */
export type ActionStatement = Extract<Target, { kind: 'DNAT' | 'MASQUERADE' | 'REJECT' }>

/**
 * One statement of a rule. The kernel evaluates them from left to right: one that does not match ends the rule, and the
 * packet goes on to the next (net/netfilter/nf_tables_core.c, nft_do_chain).
 */
export type Statement =
  /** `ip saddr != 10.0.0.0/8` */
  | { kind: 'address'; field: AddressField; cidr: Cidr; negated?: boolean }
  /** `ip saddr != { 10.0.0.0/8, 192.0.2.7 }`: an anonymous set */
  | { kind: 'any-address'; field: AddressField; cidrs: readonly Cidr[]; negated?: boolean }
  /** `ip daddr @cluster-ips` */
  | { kind: 'lookup'; field: AddressField; set: string }
  /** `meta l4proto tcp` */
  | { kind: 'protocol'; protocol: number }
  /** `ct state new` */
  | { kind: 'ct-state'; states: readonly CtState[] }
  /** `iifname != "veth-*"`: a name that ends in `*` stands for all that begin so. */
  | { kind: 'in-interface'; name: string; negated?: boolean }
  /** `fib daddr type local` */
  | { kind: 'fib'; side: 'saddr' | 'daddr'; type: 'local' }
  /** `meta mark & 0x4000 == 0` */
  | { kind: 'mark'; mask: number; value: number }
  /** `meta mark set meta mark | 0x4000` */
  | { kind: 'set-mark'; operator: 'or' | 'xor'; value: number }
  /** `update @recent { ip saddr }`: puts the address into a set with timeouts, or renews it there. */
  | { kind: 'update'; set: string; field: AddressField }
  /** `ip daddr . meta l4proto . th dport vmap @service-ips` */
  | { kind: 'vmap'; fields: readonly Field[]; map: string }
  /** `numgen random mod 2 vmap { 0 : …, 1 : … }` */
  | { kind: 'numgen'; verdicts: readonly VerdictStatement[] }
  | ActionStatement
  | VerdictStatement

/** A rule is data, as it is for iptables: walked, printed, counted. */
export interface NftRule {
  readonly statements: readonly Statement[]
  readonly comment?: string
}
