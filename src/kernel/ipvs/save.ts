import { parseAddress, type Address } from '../address.ts'
import { SCTP, TCP, UDP } from '../packet.ts'
import type { Complaint } from '../rules/iptables-save/parse.ts'
import { byAddress, endpoint, sorted } from './print.ts'
import { Listing } from './listing.ts'
import { isSchedulerName, type SchedulerName } from './schedulers/by-name.ts'
import { IpvsError } from './ipvs-error.ts'
import { formatSchedulerFlags, NO_FLAGS, parseSchedulerFlags } from './scheduler-flags.ts'
import type { RealServer, VirtualServer } from './virtual-server.ts'
import type { VirtualService } from './virtual-service.ts'

const PROTOCOL_OPTIONS: readonly (readonly [option: string, long: string, protocol: number])[] = [
  ['-t', '--tcp-service', TCP],
  ['-u', '--udp-service', UDP],
  ['--sctp-service', '--sctp-service', SCTP],
]

/** `ipvsadm -Sn`: what `ipvsadm -R` reads. */
export function printIpvsadmSave(services: Iterable<VirtualService>): string {
  let text = ''
  for (const service of sorted(services)) {
    const name = `${PROTOCOL_OPTIONS.find(([, , protocol]) => protocol === service.protocol)?.[0]} ${endpoint(service.address, service.port)}`
    const flags = formatSchedulerFlags(service.schedulerName, service.flags)
    text += `-A ${name} -s ${service.schedulerName}${service.persistence > 0 ? ` -p ${service.persistence}` : ''}${flags === '' ? '' : ` -b ${flags}`}\n`
    for (const d of [...service].sort(byAddress)) text += `-a ${name} -r ${endpoint(d.address, d.port)} -m -w ${d.weight}\n`
  }
  return text
}

export interface ParsedIpvsadmSave {
  readonly servers: readonly VirtualServer[]
  readonly complaints: readonly Complaint[]
}

/**
 * Reads what `ipvsadm -Sn` prints, as `ipvsadm -R` would: each real server goes to the head of its service's list. The
 * list that `ipvsadm -Ln` prints is read too.
 * Whatever is not understood is in `complaints`, with its line. Never throws.
 */
export function parseIpvsadmSave(text: string): ParsedIpvsadmSave {
  const services = new Map<string, VirtualServer & { servers: RealServer[] }>()
  const complaints: Complaint[] = []
  const listing = new Listing()
  for (const [index, line] of text.split('\n').entries()) {
    const command = listing.translate(line).trim()
    if (command === '' || command.startsWith('#')) continue
    const words = command.split(/\s+/)
    try {
      readLine(words, services)
    } catch (error) {
      if (!(error instanceof IpvsError)) throw error
      complaints.push({ line: index + 1, text: line, message: error.message })
    }
  }
  return { servers: [...services.values()], complaints }
}

function readLine(words: readonly string[], services: Map<string, VirtualServer & { servers: RealServer[] }>): void {
  const command = COMMANDS.get(words[0] ?? '')
  if (command === undefined) throw new IpvsError(`${words[0]} is not a command of ipvsadm-save: the text must be that of ipvsadm -Sn or -Ln`)
  const options = readOptions(words.slice(1))
  const [protocol, name] = serviceOf(options)
  const key = `${protocol} ${name}`
  const known = services.get(key)
  if (command === 'service') {
    if (known !== undefined) throw new IpvsError('Service already exists')
    services.set(key, { protocol, ...endpointOf(name), ...serviceOptions(options), servers: [] })
    return
  }
  if (known === undefined) throw new IpvsError('No such service')
  const server = realServer(options)
  if (known.servers.some((other) => byAddress(other, server) === 0)) throw new IpvsError('Destination already exists')
  known.servers.unshift(server)
}

const COMMANDS: ReadonlyMap<string, 'service' | 'server'> = new Map([
  ['-A', 'service'],
  ['--add-service', 'service'],
  ['-a', 'server'],
  ['--add-server', 'server'],
])

/** Every option that is read, by each of its names, and whether a value follows. */
const OPTIONS: ReadonlyMap<string, { name: string; value: 'needed' | 'optional' | 'none' }> = new Map([
  ['-t', { name: '-t', value: 'needed' }],
  ['--tcp-service', { name: '-t', value: 'needed' }],
  ['-u', { name: '-u', value: 'needed' }],
  ['--udp-service', { name: '-u', value: 'needed' }],
  ['--sctp-service', { name: '--sctp-service', value: 'needed' }],
  ['-s', { name: '-s', value: 'needed' }],
  ['--scheduler', { name: '-s', value: 'needed' }],
  ['-p', { name: '-p', value: 'optional' }],
  ['--persistent', { name: '-p', value: 'optional' }],
  ['-b', { name: '-b', value: 'needed' }],
  ['--sched-flags', { name: '-b', value: 'needed' }],
  ['-r', { name: '-r', value: 'needed' }],
  ['--real-server', { name: '-r', value: 'needed' }],
  ['-w', { name: '-w', value: 'needed' }],
  ['--weight', { name: '-w', value: 'needed' }],
  ['-m', { name: '-m', value: 'none' }],
  ['--masquerading', { name: '-m', value: 'none' }],
])

const NOT_MODELLED: ReadonlyMap<string, string> = new Map([
  ['-f', 'services by firewall mark are not modelled'],
  ['--fwmark-service', 'services by firewall mark are not modelled'],
  ['-g', 'direct routing is not modelled, only masquerading (-m)'],
  ['--gatewaying', 'direct routing is not modelled, only masquerading (-m)'],
  ['-i', 'tunneling is not modelled, only masquerading (-m)'],
  ['--ipip', 'tunneling is not modelled, only masquerading (-m)'],
  ['-o', 'one-packet scheduling is not modelled'],
  ['--ops', 'one-packet scheduling is not modelled'],
  ['-M', 'persistence by network is not modelled'],
  ['--netmask', 'persistence by network is not modelled'],
])

function readOptions(words: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const option = OPTIONS.get(word)
    if (option === undefined) throw new IpvsError(NOT_MODELLED.get(word) ?? `option ${word} is not understood`)
    const next = words[i + 1]
    const hasValue = option.value !== 'none' && next !== undefined && !(option.value === 'optional' && next.startsWith('-'))
    if (!hasValue && option.value === 'needed') throw new IpvsError(`option ${word} needs a value`)
    values.set(option.name, hasValue ? next : '')
    if (hasValue) i++
  }
  return values
}

function serviceOf(options: ReadonlyMap<string, string>): [protocol: number, name: string] {
  for (const [option, , protocol] of PROTOCOL_OPTIONS) {
    const name = options.get(option)
    if (name !== undefined) return [protocol, name]
  }
  throw new IpvsError('no virtual service is named (-t, -u or --sctp-service)')
}

/** ipvsadm's defaults: wlc; 360 s where `-p` stands alone. */
function serviceOptions(options: ReadonlyMap<string, string>): Pick<VirtualServer, 'scheduler' | 'flags' | 'persistence'> {
  const persistence = options.get('-p')
  const flags = options.get('-b')
  return {
    scheduler: schedulerOf(options.get('-s') ?? 'wlc'),
    flags: flags === undefined ? NO_FLAGS : parseSchedulerFlags(flags),
    persistence: persistence === undefined ? 0 : wholeNumber(persistence === '' ? '360' : persistence, 'timeout'),
  }
}

function schedulerOf(name: string): SchedulerName {
  if (!isSchedulerName(name)) throw new IpvsError(`scheduler ${name} is not modelled`)
  return name
}

function realServer(options: ReadonlyMap<string, string>): RealServer {
  if (!options.has('-m')) throw new IpvsError('without -m a real server is reached by direct routing, which is not modelled')
  const name = options.get('-r')
  if (name === undefined) throw new IpvsError('no real server is named (-r)')
  return { ...endpointOf(name), weight: wholeNumber(options.get('-w') ?? '1', 'weight') }
}

function endpointOf(text: string): { address: Address; port: number } {
  const [host = '', port = '', ...rest] = text.split(':')
  const address = parseAddress(host)
  if (address === undefined || rest.length > 0 || !/^\d+$/.test(port)) throw new IpvsError(`${text} is not an IPv4 address with a port: save with ipvsadm -Sn`)
  return { address, port: Number(port) }
}

function wholeNumber(text: string, what: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new IpvsError(`${text} is not a ${what}`)
  return Number(text)
}
