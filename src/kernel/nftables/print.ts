import { compareAddresses, formatAddress } from '../address.ts'
import { FORWARD, LOCAL_IN, LOCAL_OUT, POST_ROUTING, PRE_ROUTING, PRIORITY, type Hook } from '../netfilter.ts'
import { protocolName } from '../rules/protocols.ts'
import type { Element } from './elements.ts'
import { printRule, printStatement, quoted } from './print-rule.ts'
import type { BaseHook, DynamicSet, KeyType, NftChain, NftSet, NftTable } from './program.ts'
import { DYNAMIC_SET_SIZE } from './timed-set.ts'

/**
 * A table as `nft list table` prints it, line by line; `nft -f` loads it. The elements of a set stand in the order of
 * their keys, where nft has that of the kernel's hash. `entries` gives what is in a dynamic set: `10.244.1.12 timeout 3h`.
 */
export function* printTable(table: NftTable, entries: (set: DynamicSet) => Iterable<string> = () => []): Generator<string> {
  yield `table ip ${table.name} {`
  yield `\tcomment ${quoted(table.comment)}`
  for (const set of table.sets()) yield* printSet(set)
  for (const set of table.dynamicSets()) yield* printDynamicSet(set, [...entries(set)])
  for (const chain of table.chains()) yield* printChain(chain)
  yield '}'
}

function* printSet(set: NftSet): Generator<string> {
  yield ''
  yield `\t${set.isMap ? 'map' : 'set'} ${set.name} {`
  yield `\t\ttype ${set.key.join(' . ')}${set.isMap ? ' : verdict' : ''}`
  if (set.comment !== undefined) yield `\t\tcomment ${quoted(set.comment)}`
  yield* printElements(elementsOf(set).map((element) => printElement(element, set.key)))
  yield '\t}'
}

function* printDynamicSet(set: DynamicSet, entries: readonly string[]): Generator<string> {
  yield ''
  yield `\tset ${set.name} {`
  yield '\t\ttype ipv4_addr'
  yield `\t\tsize ${DYNAMIC_SET_SIZE}`
  yield '\t\tflags dynamic,timeout'
  yield `\t\ttimeout ${printTime(set.timeout)}`
  yield* printElements(entries)
  yield '\t}'
}

function* printChain(chain: NftChain): Generator<string> {
  yield ''
  yield `\tchain ${chain.name} {`
  if (chain.comment !== undefined) yield `\t\tcomment ${quoted(chain.comment)}`
  if (chain.base !== undefined) yield `\t\ttype ${chain.base.type} hook ${HOOK_NAMES[chain.base.hook]} priority ${printPriority(chain.base)}; policy accept;`
  for (const rule of chain.rules) yield `\t\t${printRule(rule)}`
  yield '\t}'
}

function* printElements(texts: readonly string[]): Generator<string> {
  for (const [i, text] of texts.entries()) {
    const begin = i === 0 ? '\t\telements = { ' : '\t\t\t     '
    yield begin + text + (i === texts.length - 1 ? ' }' : ',')
  }
}

/** Each key once, with what `find` would give. */
function elementsOf(set: NftSet): Element[] {
  const elements = set.runs.flatMap((run) => [...run].filter((element) => set.find(element.key) === element))
  return elements.sort((a, b) => compareKeys(a.key, b.key))
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  for (const [i, part] of a.entries()) {
    const order = compareAddresses(part, b[i] ?? 0)
    if (order !== 0) return order
  }
  return 0
}

const PRINT_KEY: Readonly<Record<KeyType, (part: number) => string>> = {
  ipv4_addr: formatAddress,
  inet_proto: protocolName,
  inet_service: String,
}

function printElement({ key, verdict, comment }: Element, types: readonly KeyType[]): string {
  const parts = types.map((type, i) => PRINT_KEY[type](key[i] ?? 0))
  return `${parts.join(' . ')}${comment === undefined ? '' : ` comment ${quoted(comment)}`}${verdict === undefined ? '' : ` : ${printStatement(verdict)}`}`
}

const HOOK_NAMES: Readonly<Record<Hook, string>> = {
  [PRE_ROUTING]: 'prerouting',
  [LOCAL_IN]: 'input',
  [FORWARD]: 'forward',
  [LOCAL_OUT]: 'output',
  [POST_ROUTING]: 'postrouting',
}

/** Priorities that have a name, and for some at which hook alone. */
const PRIORITY_NAMES: readonly { name: string; value: number; hook?: Hook }[] = [
  { name: 'dstnat', value: PRIORITY.natDestination, hook: PRE_ROUTING },
  { name: 'filter', value: PRIORITY.filter },
  { name: 'srcnat', value: PRIORITY.natSource, hook: POST_ROUTING },
]

/** `dstnat - 10`, or the number where no name is near. */
function printPriority({ hook, priority }: BaseHook): string {
  const near = PRIORITY_NAMES.find((each) => (each.hook === undefined || each.hook === hook) && Math.abs(priority - each.value) <= 10)
  if (near === undefined) return `${priority}`
  const offset = priority - near.value
  return offset === 0 ? near.name : `${near.name} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`
}

const UNITS: readonly (readonly [string, number])[] = [['d', 86400], ['h', 3600], ['m', 60], ['s', 1]]

/** `3h`, `1h30m`: whole seconds, as nft has them. */
export function printTime(time: number): string {
  let seconds = Math.floor(time / 1e9)
  let text = ''
  for (const [unit, length] of UNITS) {
    const count = Math.floor(seconds / length)
    seconds -= count * length
    if (count > 0) text += `${count}${unit}`
  }
  return text === '' ? '0s' : text
}
