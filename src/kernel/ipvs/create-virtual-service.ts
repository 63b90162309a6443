import { suggest } from '../../engine/nearest.ts'
import { addressOf } from '../address.ts'
import { SCTP, TCP, UDP } from '../packet.ts'
import type { Destination } from './destination.ts'
import { parseSchedulerFlags } from './scheduler-flags.ts'
import { isSchedulerName, SCHEDULER_NAMES, type SchedulerName } from './schedulers/by-name.ts'
import { Trash } from './trash.ts'
import { IpvsError } from './ipvs-error.ts'
import { VirtualService } from './virtual-service.ts'

/** A virtual service as `ipvsadm -A` makes it. */
export interface VirtualServiceOptions {
  /** As `ipvsadm -s` takes it: rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, mh, fo or ovf. */
  scheduler: string
  /** As `ipvsadm -b` takes them, as text or as a list: sh-fallback, sh-port, mh-fallback, mh-port. */
  flags?: string | readonly string[]
  /** tcp, udp or sctp. */
  protocol: string
  /** The service's own address: 10.96.0.10. */
  vip: string
  port: number
}

/** A real server as `ipvsadm -a` adds it. */
export interface RealServerOptions {
  /** What the handle calls it from then on. */
  name: string
  address: string
  port: number
  /** 0 to 65535; with 0 it gets no new connections. */
  weight: number
}

/** A connection that a server was picked for. */
export interface ScheduledConnection {
  /** For `close` and `expire`. */
  id: number
  /** The name of the real server. */
  destination: string
}

/** A virtual service on its own: the kernel's IPVS scheduling with its counters, without packets or time. */
export interface VirtualServiceHandle {
  /** `ipvsadm -a`: the new server goes to the head of the list. */
  add(server: RealServerOptions): void
  /** `ipvsadm -e`: keeps the place in the list. */
  edit(name: string, change: { weight: number }): void
  /** `ipvsadm -d`. Its connections stay until they expire; added again, the server has them still. */
  remove(name: string): void
  /** `ipvsadm -E`. */
  editService(change: { scheduler?: string; flags?: string | readonly string[] }): void
  /** A client opens a connection (TCP), or sends the first packet of a flow. Undefined: refused, no server is usable. */
  connect(client: { source: string; sourcePort: number }): ScheduledConnection | undefined
  /** The client sends FIN: a TCP connection becomes inactive. UDP has none, and nothing changes. */
  close(id: number): void
  /** The connection's timer ends. */
  expire(id: number): void
  /** In the kernel's list order. */
  destinations(): { name: string; weight: number; active: number; inactive: number }[]
}

interface OpenConnection {
  destination: Destination
  isActive: boolean
}

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['tcp', TCP],
  ['udp', UDP],
  ['sctp', SCTP],
])

/**
 * Makes a virtual service as a kernel without any connection would: equal to ip_vs of Linux 6.1 pick for pick.
 * Throws IpvsError for what ipvsadm refuses ("Destination already exists", "No such destination"), TypeError for
 * arguments that mean nothing.
 */
export function createVirtualService(options: VirtualServiceOptions): VirtualServiceHandle {
  const protocol = PROTOCOLS.get(options.protocol.toLowerCase())
  if (protocol === undefined) throw new TypeError(`unknown protocol "${options.protocol}": tcp, udp or sctp`)
  const vip = addressOf(options.vip)
  const key = { protocol, address: vip, port: portOf(options.port) }
  const service = new VirtualService(key, { scheduler: schedulerOf(options.scheduler), flags: parseSchedulerFlags(options.flags ?? ''), persistence: 0 }, new Trash())
  const named = new Map<string, Destination>()
  const names = new Map<Destination, string>()
  const connections = new Map<number, OpenConnection>()
  let lastId = 0

  return {
    add(server) {
      if (named.has(server.name)) throw new IpvsError(`Destination already exists: ${server.name}`)
      const destination = service.add({ address: addressOf(server.address), port: portOf(server.port), weight: weightOf(server.weight) })
      named.set(server.name, destination)
      names.set(destination, server.name)
    },
    edit(name, change) {
      service.editDestination(find(named, name), weightOf(change.weight))
    },
    remove(name) {
      const destination = find(named, name)
      service.remove(destination)
      named.delete(name)
      names.delete(destination)
    },
    editService(change) {
      service.edit({
        ...(change.scheduler === undefined ? {} : { scheduler: schedulerOf(change.scheduler) }),
        ...(change.flags === undefined ? {} : { flags: parseSchedulerFlags(change.flags) }),
      })
    },
    connect(client) {
      const destination = service.schedule(addressOf(client.source), portOf(client.sourcePort), vip)
      if (destination === undefined) return undefined
      // TCP and SCTP open with a handshake that makes the entry active; UDP entries are inactive for life.
      const isActive = protocol !== UDP
      if (isActive) destination.active++
      else destination.inactive++
      connections.set(++lastId, { destination, isActive })
      return { id: lastId, destination: names.get(destination) ?? '' }
    },
    close(id) {
      const connection = connectionOf(connections, id)
      if (!connection.isActive) return
      connection.isActive = false
      connection.destination.active--
      connection.destination.inactive++
    },
    expire(id) {
      const { destination, isActive } = connectionOf(connections, id)
      if (isActive) destination.active--
      else destination.inactive--
      connections.delete(id)
    },
    destinations() {
      return [...service].map((d) => ({ name: names.get(d) ?? '', weight: d.weight, active: d.active, inactive: d.inactive }))
    },
  }
}

function find(named: ReadonlyMap<string, Destination>, name: string): Destination {
  const destination = named.get(name)
  if (destination === undefined) throw new IpvsError(`No such destination: ${name}`)
  return destination
}

function connectionOf(connections: ReadonlyMap<number, OpenConnection>, id: number): OpenConnection {
  const connection = connections.get(id)
  if (connection === undefined) throw new IpvsError(`no connection ${String(id)}: it was never opened, or has expired`)
  return connection
}

function schedulerOf(name: string): SchedulerName {
  if (isSchedulerName(name)) return name
  throw new IpvsError(`Scheduler not found: ${name} (${suggest(name, SCHEDULER_NAMES) ?? ''})`)
}

function portOf(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw new TypeError(`not a port: ${port}`)
}

// The kernel keeps an int, ipvsadm takes 0 to 65535; the schedulers' products stay exact below that.
function weightOf(weight: number): number {
  if (Number.isInteger(weight) && weight >= 0 && weight <= 65535) return weight
  throw new IpvsError(`illegal weight: ${weight} (0 to 65535)`)
}
