import type { Nanos } from '../../../engine/agenda.ts'
import { parseDuration } from '../../../engine/duration.ts'
import type { CorefileProblem, Directive } from '../corefile.ts'

/** Arguments of plugins, read and checked: what all of them share. */

/** Where problems go. */
export type Complain = (problem: CorefileProblem) => void

/** Reads one word of a block. */
export type Reader<T> = (settings: T, directive: Directive, complain: Complain) => void

/** Runs through a plugin's block with a table of the words it knows. */
export function readBlock<T>(settings: T, plugin: Directive, words: ReadonlyMap<string, Reader<T>>, complain: Complain): void {
  for (const directive of plugin.block) {
    const reader = words.get(directive.name)
    if (reader !== undefined) reader(settings, directive, complain)
    else complain({ line: directive.line, message: `plugin ${plugin.name} has no option ${directive.name}; it has ${[...words.keys()].join(', ')}` })
  }
}

export function ignore(): void {
  // the option changes nothing that is modelled
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A whole number within bounds; undefined after a complaint. */
export function wholeNumber(text: string | undefined, least: number, most: number, directive: Directive, complain: Complain): number | undefined {
  const value = text !== undefined && /^-?\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  const range = most === Number.POSITIVE_INFINITY ? `${least} or more` : `between ${least} and ${most}`
  complain({ line: directive.line, message: `${directive.name}: expected a whole number, ${range}, but found ${text === undefined ? 'nothing' : `'${text}'`}` })
  return undefined
}

/** A duration as Go writes it (`1m30s`); undefined after a complaint. */
export function duration(text: string | undefined, directive: Directive, complain: Complain): Nanos | undefined {
  const value = parseDuration(text ?? '')
  if (value !== undefined) return value
  complain({ line: directive.line, message: `${directive.name}: expected a duration such as 5s, but found ${text === undefined ? 'nothing' : `'${text}'`}` })
  return undefined
}

/** Zone names as they are compared: lower case, no trailing dot; a CIDR becomes its reverse zone. */
export function zonesOf(args: readonly string[]): string[] {
  return args.map((zone) => reverseOfCidr(zone) ?? zone.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, ''))
}

function reverseOfCidr(text: string): string | undefined {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(text)
  if (match === null) return undefined
  const bytes = (match[1] ?? '').split('.').slice(0, Math.floor(Number(match[2]) / 8))
  return [...bytes.reverse(), 'in-addr.arpa'].join('.')
}
