import { contains, type Cidr } from '../address.ts'
import type { Interface } from '../interface.ts'
import { CT_ESTABLISHED, CT_INVALID, CT_NEW, CT_RELATED, CT_UNTRACKED, type Packet } from '../packet.ts'
import type { AddressField, CtState, Field, NftRule, Statement } from './rule.ts'
import { BREAK, NEXT, type Step } from './step.ts'

/** A rule as the walker tries it. */
export interface CompiledRule {
  readonly rule: NftRule
  readonly steps: readonly Step[]
}

export function compileRule(rule: NftRule): CompiledRule {
  return { rule, steps: rule.statements.map(stepOf) }
}

const READ: Readonly<Record<Field, (packet: Packet) => number>> = {
  'ip saddr': (packet) => packet.source,
  'ip daddr': (packet) => packet.destination,
  'meta l4proto': (packet) => packet.protocol,
  // An ICMP message has other bytes there; no map has a port of ICMP for a key.
  'th dport': (packet) => packet.destinationPort,
}

const CT_STATES: Readonly<Record<CtState, number>> = {
  new: CT_NEW,
  established: CT_ESTABLISHED,
  related: CT_RELATED,
  invalid: CT_INVALID,
  untracked: CT_UNTRACKED,
}

function stepOf(statement: Statement): Step {
  switch (statement.kind) {
    case 'address':
      return addressStep(statement.field, statement.cidr, statement.negated === true)
    case 'any-address':
      return anyAddressStep(statement.field, statement.cidrs, statement.negated === true)
    case 'lookup':
      return lookupStep(statement.field, statement.set)
    case 'protocol':
      return (packet) => (packet.protocol === statement.protocol ? NEXT : BREAK)
    case 'ct-state': {
      let states = 0
      for (const state of statement.states) states |= 1 << CT_STATES[state]
      return (packet) => (((1 << packet.ctState) & states) !== 0 ? NEXT : BREAK)
    }
    case 'in-interface': {
      const test = interfaceTest(statement.name)
      const expected = statement.negated !== true
      return (packet) => (test(packet.inInterface) === expected ? NEXT : BREAK)
    }
    case 'fib': {
      const read = READ[`ip ${statement.side}`]
      return (packet, walk) => (walk.environment.addressType(read(packet)) === 'LOCAL' ? NEXT : BREAK)
    }
    case 'mark':
      return (packet) => ((packet.mark & statement.mask) === statement.value ? NEXT : BREAK)
    case 'set-mark':
      return statement.operator === 'or' ? orMark(statement.value) : xorMark(statement.value)
    case 'update':
      return updateStep(statement.field, statement.set)
    case 'vmap':
      return mapStep(statement.fields, statement.map)
    case 'numgen':
      return (_, walk) => statement.verdicts[walk.draw(statement.verdicts.length)] ?? BREAK
    default:
      return () => statement
  }
}

function addressStep(field: AddressField, cidr: Cidr, negated: boolean): Step {
  const read = READ[field]
  return (packet) => (contains(cidr, read(packet)) === negated ? BREAK : NEXT)
}

function anyAddressStep(field: AddressField, cidrs: readonly Cidr[], negated: boolean): Step {
  const read = READ[field]
  return (packet, walk) => {
    walk.lookups++
    const address = read(packet)
    return cidrs.some((cidr) => contains(cidr, address)) === negated ? BREAK : NEXT
  }
}

function lookupStep(field: AddressField, name: string): Step {
  const read = READ[field]
  return (packet, walk) => (walk.isMember(name, read(packet)) ? NEXT : BREAK)
}

// A full set ends the rule (nft_dynset_eval), which for a rule of its own changes nothing.
function updateStep(field: AddressField, name: string): Step {
  const read = READ[field]
  return (packet, walk) => (walk.update(name, read(packet)) ? NEXT : BREAK)
}

function mapStep(fields: readonly Field[], name: string): Step {
  const readers = fields.map((field) => READ[field])
  const key = new Int32Array(fields.length)
  return (packet, walk) => {
    for (let i = 0; i < readers.length; i++) key[i] = (readers[i] as (packet: Packet) => number)(packet)
    return walk.verdictOf(name, key) ?? BREAK
  }
}

function orMark(value: number): Step {
  return (packet) => {
    packet.mark |= value
    return NEXT
  }
}

function xorMark(value: number): Step {
  return (packet) => {
    packet.mark ^= value
    return NEXT
  }
}

// A packet without an interface, of the machine's own, has the empty name (nft_meta_store_ifname).
function interfaceTest(name: string): (device: Interface | null) => boolean {
  if (!name.endsWith('*')) return (device) => (device?.name ?? '') === name
  const beginning = name.slice(0, -1)
  return (device) => (device?.name ?? '').startsWith(beginning)
}
