import { isIP as versionOfIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { nearest } from '../../engine/nearest.ts'
import { isName } from '../values/reference.ts'
import { value, type Shape } from './shape.ts'

/** The rules for single values, each with the words that a person needs when it is broken. */

function rule(holds: (value: unknown) => boolean, must: string, fix?: (value: unknown) => string | undefined): Shape {
  return value((given) => (holds(given) ? undefined : { must, fix: fix?.(given) }))
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

function unquote(given: unknown): string | undefined {
  return typeof given === 'string' && /^\d+$/.test(given) ? `without quotes: ${given}` : undefined
}

export const text = rule(
  (given) => typeof given === 'string',
  'must be text',
  (given) => (typeof given === 'number' || typeof given === 'boolean' ? `in quotes: "${given}"` : undefined),
)

export const flag = rule((given) => typeof given === 'boolean', 'must be true or false', (given) =>
  given === 'true' || given === 'false' ? `without quotes: ${given}` : undefined,
)

export function count(least = 0, most = 2 ** 31 - 1): Shape {
  return rule((given) => isWhole(given, least, most), `must be a whole number${least === 0 ? ', not negative' : ` from ${least} to ${most}`}`, unquote)
}

export const port = rule((given) => isWhole(given, 1, 65535), 'must be a port from 1 to 65535', unquote)

/** kube-apiserver's default --service-node-port-range. Many tutorials give its end as 32768. */
const NODE_PORTS = { least: 30000, most: 32767 } as const

export const nodePort = rule(
  (given) => given === 0 || isWhole(given, NODE_PORTS.least, NODE_PORTS.most),
  `must be a NodePort from ${NODE_PORTS.least} to ${NODE_PORTS.most}`,
  (given) => (given === 32768 ? 'tutorials that give 32768 as the end of the range are wrong: it is 32767' : unquote(given)),
)

/** A port's number, or the name of a container's port (RFC 6335: at most 15 of a-z, 0-9 and -, a letter among them). */
export const portOrName = rule(
  (given) => (typeof given === 'number' ? isWhole(given, 1, 65535) : typeof given === 'string' && isPortName(given)),
  "must be a port from 1 to 65535, or the name of a container's port",
  unquote,
)

export function isPortName(name: string): boolean {
  return name.length <= 15 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) && /[a-z]/.test(name) && !name.includes('--')
}

/** Of a Service's or a slice's port: one that need not be known elsewhere may be empty. */
export const portName = rule((given) => given === '' || (typeof given === 'string' && given.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(given)), 'must be lower-case letters, digits and -')

/** One of some words; a nearby one is suggested. '' among them is Go's way to say nothing. */
export function oneOf(...words: string[]): Shape {
  return value((given) => {
    if (typeof given === 'string' && words.includes(given)) return undefined
    const meant = typeof given === 'string' ? nearest(given, words) : undefined
    return { must: `must be one of ${words.filter((word) => word !== '').join(', ')}`, fix: meant === undefined ? undefined : `did you mean \`${meant}\`?` }
  })
}

export const protocol = oneOf('TCP', 'UDP', 'SCTP')

export function isIP(given: unknown): given is string {
  return typeof given === 'string' && versionOfIP(given) !== 0
}

export const ip = rule(isIP, 'must be an IP address')

/** '' is what Go prints for an address that is not there yet. */
export const ipOrEmpty = rule((given) => given === '' || isIP(given), 'must be an IP address')

export const clusterIP = rule((given) => given === '' || given === 'None' || isIP(given), 'must be an IP address, None (headless) or empty', (given) =>
  typeof given === 'string' && given.toLowerCase() === 'none' ? 'with a capital letter: None' : undefined,
)

export function isCidr(given: unknown): given is string {
  return typeof given === 'string' && given.includes('/') && (ipaddr.IPv4.isValidCIDR(given) || ipaddr.IPv6.isValidCIDR(given))
}

export const cidr = rule(isCidr, 'must be a CIDR, such as 10.244.1.0/24')

/** A CIDR; kube-proxy also trims the spaces that people leave in `loadBalancerSourceRanges`. */
export const looseCidr = rule((given) => typeof given === 'string' && isCidr(given.trim()), 'must be a CIDR, such as 192.0.2.0/24')

export const name = rule((given) => typeof given === 'string' && isName(given), 'must be lower-case letters, digits, - and ., at most 253', (given) => {
  const fixed = typeof given === 'string' ? given.toLowerCase().replaceAll('_', '-') : ''
  return fixed !== given && isName(fixed) ? `such as \`${fixed}\`` : undefined
})

const LABEL_VALUE = /^([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?$/

export const labelValue: Shape = value((given) => {
  if (typeof given !== 'string') return { must: 'must be text', fix: typeof given === 'object' ? undefined : `in quotes: "${String(given)}"` }
  return given.length <= 63 && LABEL_VALUE.test(given) ? undefined : { must: 'must be a label: at most 63 letters, digits, -, _ and .' }
})

/** Of a rollout: a number of pods, or a percentage of them. */
export const countOrPercent = rule(
  (given) => isWhole(given, 0, 2 ** 31 - 1) || (typeof given === 'string' && /^\d+%$/.test(given)),
  'must be a number of pods or a percentage',
)

