import { moduleOf } from './matches/registry.ts'
import { PROTOCOL_OF } from './matches/ports.ts'
import type { Rule } from './rule.ts'

/** The fields of a key: bits of `RuleKey.fields`. */
export const SOURCE = 1
export const DESTINATION = 2
export const PORT = 4

/** The exact values that a packet must have for the rule to match. Fields that are not asked for are 0. */
export interface RuleKey {
  readonly fields: number
  readonly source: number
  readonly destination: number
  /** Protocol × 65536 + destination port. */
  readonly port: number
}

/**
 * Addresses are compared before anything else in a rule, so they can always be part of the key. Ports are compared by
 * `-m tcp`: if a match before it has an effect (a random draw, a list entry), the rule must be tried even for other ports.
 */
export function keyOf(rule: Rule): RuleKey {
  let [fields, source, destination, port] = [0, 0, 0, 0]
  let effectSeen = false
  for (const match of rule.matches) {
    if (match.kind === 'source' && match.cidr.prefix === 32 && match.negated !== true) {
      fields |= SOURCE
      source = match.cidr.network
    } else if (match.kind === 'destination' && match.cidr.prefix === 32 && match.negated !== true) {
      fields |= DESTINATION
      destination = match.cidr.network
    } else if (match.kind === 'ports' && !effectSeen && match.destination !== undefined && match.destination.from === match.destination.to && match.destinationNegated !== true) {
      fields |= PORT
      port = (PROTOCOL_OF[match.module] << 16) | match.destination.from
    }
    effectSeen ||= moduleOf(match)?.hasEffect === true
  }
  return { fields, source, destination, port }
}
