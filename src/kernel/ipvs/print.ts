import type { Nanos } from '../../engine/agenda.ts'
import { formatAddress } from '../address.ts'
import { SCTP, TCP } from '../packet.ts'
import type { Connection } from './connection.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { Counters } from './counters.ts'
import type { Destination } from './destination.ts'
import { formatSchedulerFlags } from './scheduler-flags.ts'
import { stateName } from './states.ts'
import type { ServiceKey } from './virtual-server.ts'
import type { VirtualService } from './virtual-service.ts'

const VERSION = 'IP Virtual Server version 1.2.1 (size=4096)\n'

/** `ipvsadm -Ln`. */
export function printServices(services: Iterable<VirtualService>): string {
  let text = `${VERSION}Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n`
  for (const service of sorted(services)) {
    text += `${serviceName(service)} ${service.schedulerName}${flagsOf(service)}\n`
    for (const d of [...service].sort(byAddress)) text += `  -> ${column(d, 28)} Masq    ${cell(d.weight, 6)} ${cell(d.active, 10)} ${cell(d.inactive, 10)}\n`
  }
  return text
}

/** `ipvsadm -Ln --stats`. */
export function printStatistics(services: Iterable<VirtualService>): string {
  let text = `${VERSION}Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  -> RemoteAddress:Port\n`
  for (const service of sorted(services)) {
    text += `${serviceName(service).padEnd(33)}${figures(service.counters)}\n`
    for (const d of [...service].sort(byAddress)) text += `  -> ${column(d, 28)}${figures(d.counters)}\n`
  }
  return text
}

/** `ipvsadm -Lnc`, in the order in which the connections were made; the kernel's is that of its hash table. */
export function printConnections(connections: ConnectionTable, now: Nanos): string {
  let text = 'IPVS connection entries\npro expire state       source             virtual            destination\n'
  for (const c of [...connections].sort((a, b) => a.serial - b.serial)) {
    const left = Math.max(0, Math.floor((c.deadline - now) / 1e9))
    const expire = `${twoDigits(Math.floor(left / 60))}:${twoDigits(left % 60)}`
    const ends = [endpoint(c.client, c.clientPort), endpoint(c.virtual, c.virtualPort)]
    text += `${protocolName(c.protocol)} ${expire.padEnd(6)} ${stateOf(c).padEnd(11)} ${ends.map((end) => end.padEnd(18)).join(' ')} ${column(c.destination, 0)}\n`
  }
  return text
}

/** Services in ipvsadm's order: by protocol number, address and port. */
export function sorted(services: Iterable<VirtualService>): VirtualService[] {
  return [...services].sort((a, b) => a.protocol - b.protocol || byAddress(a, b))
}

/** ipvsadm's order, which is not the kernel's. It subtracts addresses as signed words, so 172.18.0.2 comes before 10.96.0.1 (libipvs, ipvs_cmp_services). */
export function byAddress(a: { address: number; port: number }, b: { address: number; port: number }): number {
  return (a.address - b.address) | 0 || a.port - b.port
}

export function endpoint(address: number, port: number): string {
  return `${formatAddress(address)}:${port}`
}

function serviceName(service: ServiceKey): string {
  return `${protocolName(service.protocol).padEnd(4)} ${endpoint(service.address, service.port)}`
}

function protocolName(protocol: number): string {
  if (protocol === TCP) return 'TCP'
  return protocol === SCTP ? 'SCTP' : 'UDP'
}

function flagsOf(service: VirtualService): string {
  const flags = formatSchedulerFlags(service.schedulerName, service.flags)
  return (flags === '' ? '' : ` (${flags})`) + (service.persistence > 0 ? ` persistent ${service.persistence}` : '')
}

function stateOf(connection: Connection): string {
  if (connection.isTemplate) return connection.isAssured ? 'ASSURED' : 'NONE'
  return stateName(connection.protocol, connection.state)
}

function column(destination: Destination, width: number): string {
  return endpoint(destination.address, destination.port).padEnd(width)
}

function cell(value: number, width: number): string {
  return String(value).padEnd(width)
}

function figures(counters: Counters): string {
  const { connections, packetsIn, packetsOut, bytesIn, bytesOut } = counters
  return [connections, packetsIn, packetsOut, bytesIn, bytesOut].map(figure).join('')
}

/** ipvsadm's print_largenum: thousands, millions … once eight digits do not hold it. */
function figure(value: number): string {
  if (value < 1e8) return String(value).padStart(9)
  if (value < 1e9) return `${Math.floor(value / 1e3)}K`.padStart(9)
  if (value < 1e11) return `${Math.floor(value / 1e6)}M`.padStart(9)
  if (value < 1e14) return `${Math.floor(value / 1e9)}G`.padStart(9)
  return `${Math.floor(value / 1e12)}T`.padStart(9)
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
