import type { Nanos } from '../../engine/agenda.ts'
import type { Address } from '../address.ts'
import { ICMP, type Packet } from '../packet.ts'
import type { Connection, ConnectionKey } from './connection.ts'
import { ConnectionTable } from './connection-table.ts'
import { countPacketIn, countPacketOut } from './counters.ts'
import { schedule } from './schedule.ts'
import { ServiceTable } from './service-table.ts'
import { flushesAtOnce, reschedulesInModeZero, type IpvsSettings } from './settings.ts'
import { CLOSE, INPUT, isBalanced, maySchedule, opensConnection, OUTPUT, TIME_WAIT } from './states.ts'
import { follow } from './transition.ts'
import { Trash } from './trash.ts'
import { IPVS_FORWARDED, IPVS_GONE, IPVS_IGNORED, IPVS_PORT_REUSED, IPVS_REFUSED, IPVS_REPLY, IPVS_SCHEDULED, type IpvsVerdict } from './verdict.ts'
import type { Destination } from './destination.ts'
import { IpvsError } from './ipvs-error.ts'
import type { RealServer, ServiceKey } from './virtual-server.ts'
import type { VirtualService } from './virtual-service.ts'

/** How soon after a removal the kernel's worker flushes orphaned connections: one jiffy of a 100 Hz kernel. */
const FLUSH_DELAY: Nanos = 10e6

/** What IPVS asks of the machine's connection tracking (net/netfilter/ipvs/ip_vs_nfct.c). */
export interface IpvsConntrack {
  /** Does the packet belong to an entry that has been confirmed before? */
  isConfirmed(packet: Packet): boolean
  /** The replies of the packet's connection will come from that server; does nothing once it is confirmed. */
  alterReply(packet: Packet, server: Address, port: number): void
  /** Forgets the entry whose original direction this is. */
  drop(connection: ConnectionKey): void
}

/**
 * IPVS of one machine (net/netfilter/ipvs/ip_vs_core.c), forwarding by masquerading only. It rewrites packets and
 * says what has become of them; routing them, and answering the refused, is the machine's part.
 */
export class Ipvs {
  readonly settings: IpvsSettings
  readonly services: ServiceTable
  readonly connections: ConnectionTable
  readonly #conntrack: IpvsConntrack
  #flushAt: Nanos = Number.POSITIVE_INFINITY

  constructor(settings: IpvsSettings, conntrack: IpvsConntrack) {
    this.settings = settings
    this.#conntrack = conntrack
    this.services = new ServiceTable(new Trash())
    this.connections = new ConnectionTable((connection) => connection.ownsConntrack && conntrack.drop(connection))
  }

  /** LOCAL_IN at 98 and 99, LOCAL_OUT at -99 and -98: replies first (ip_vs_out_hook), then requests (ip_vs_in_hook). */
  local(packet: Packet, now: Nanos): IpvsVerdict {
    if (packet.ipvsProperty) return IPVS_IGNORED
    this.advance(now)
    const verdict = this.#reply(packet, now)
    return verdict === IPVS_IGNORED ? this.#request(packet, now) : verdict
  }

  /** FORWARD at 99 and 100: errors on their way to a real server (ip_vs_forward_icmp), and replies. */
  forward(packet: Packet, now: Nanos): IpvsVerdict {
    if (packet.ipvsProperty) return IPVS_IGNORED
    this.advance(now)
    const verdict = packet.protocol === ICMP ? this.#errorRequest(packet, now) : IPVS_IGNORED
    return verdict === IPVS_IGNORED ? this.#reply(packet, now) : verdict
  }

  /** Lets time pass: connections time out, those of removed servers are flushed. Before anybody reads counters. */
  advance(now: Nanos): void {
    if (now >= this.#flushAt) {
      this.#flushAt = Number.POSITIVE_INFINITY
      this.connections.removeOrphans()
    }
    this.connections.advance(now)
  }

  /** What `-m ipvs` asks (xt_ipvs.c): the virtual service of a request that has been given to a real server. */
  serviceOf(packet: Packet): { vaddr: Address; vport: number; vproto: number } | undefined {
    if (!packet.ipvsProperty) return undefined
    const connection = this.connections.fromServer(packet.protocol, packet.destination, packet.destinationPort, packet.source, packet.sourcePort)
    return connection && { vaddr: connection.virtual, vport: connection.virtualPort, vproto: connection.protocol }
  }

  /** `ipvsadm -d`. */
  removeServer(service: VirtualService, server: Pick<RealServer, 'address' | 'port'>, now: Nanos): void {
    service.remove(serverOf(service, server))
    this.#flushLater(now)
  }

  /** `ipvsadm -D`. What the table's source names must be gone from there before. */
  removeService(key: ServiceKey, now: Nanos): void {
    this.services.remove(this.services.get(key))
    this.#flushLater(now)
  }

  #flushLater(now: Nanos): void {
    if (this.settings.expireNodestConn && flushesAtOnce(this.settings.kernel)) this.#flushAt = Math.min(this.#flushAt, now + FLUSH_DELAY)
  }

  #reply(packet: Packet, now: Nanos): IpvsVerdict {
    if (packet.protocol === ICMP) return this.#errorReply(packet, now)
    if (!isBalanced(packet.protocol)) return IPVS_IGNORED
    const connection = this.connections.fromServer(packet.protocol, packet.source, packet.sourcePort, packet.destination, packet.destinationPort)
    if (connection === undefined) return IPVS_IGNORED
    packet.source = connection.virtual
    packet.sourcePort = connection.virtualPort
    countPacketOut(connection.destination, packet)
    follow(connection, packet, OUTPUT, this.settings)
    return this.#done(connection, packet, now, IPVS_REPLY)
  }

  #request(packet: Packet, now: Nanos): IpvsVerdict {
    if (packet.protocol === ICMP) return this.#errorRequest(packet, now)
    if (!isBalanced(packet.protocol)) return IPVS_IGNORED
    const known = this.connections.fromClient(packet.protocol, packet.source, packet.sourcePort, packet.destination, packet.destinationPort)
    if (known === undefined) return this.#begin(packet, now)
    if (opensConnection(packet) && this.#isReused(known)) return this.#replace(known, packet, now, IPVS_PORT_REUSED)
    if (known.destination.available) return this.#send(known, packet, now, IPVS_FORWARDED)
    return this.settings.expireNodestConn ? this.#replace(known, packet, now, IPVS_GONE) : IPVS_GONE
  }

  /** A packet that belongs to no connection yet. */
  #begin(packet: Packet, now: Nanos): IpvsVerdict {
    if (!maySchedule(packet)) return IPVS_IGNORED
    const service = this.services.find(packet.protocol, packet.destination, packet.destinationPort)
    if (service === undefined) return IPVS_IGNORED
    const connection = schedule(service, packet, this.connections, this.settings, now)
    return connection === undefined ? IPVS_REFUSED : this.#send(connection, packet, now, IPVS_SCHEDULED)
  }

  /** Shall a SYN on a known connection begin a new one? */
  #isReused(connection: Connection): boolean {
    const { connReuseMode, expireNodestConn, kernel } = this.settings
    if (connReuseMode === 0 && !reschedulesInModeZero(kernel)) return false
    if (expireNodestConn && connection.destination.weight === 0) return true
    const isOver = connection.state === TIME_WAIT || connection.state === CLOSE
    return connReuseMode !== 0 && connection.template === null && isOver
  }

  /**
   * Gives up the old connection. If its conntrack entry still serves the packet, that must go too, and the packet with
   * it (`verdict`): the famous second until the SYN is sent again.
   */
  #replace(old: Connection, packet: Packet, now: Nanos, verdict: IpvsVerdict): IpvsVerdict {
    const isOld = flushesAtOnce(this.settings.kernel) ? this.#conntrack.isConfirmed(packet) : packet.ct >= 0
    old.ownsConntrack = isOld
    this.connections.remove(old)
    return isOld ? verdict : this.#begin(packet, now)
  }

  /** ip_vs_nat_xmit. */
  #send(connection: Connection, packet: Packet, now: Nanos, verdict: IpvsVerdict): IpvsVerdict {
    const { destination } = connection
    countPacketIn(destination, packet)
    follow(connection, packet, INPUT, this.settings)
    packet.destination = destination.address
    packet.destinationPort = destination.port
    this.#conntrack.alterReply(packet, destination.address, destination.port)
    return this.#done(connection, packet, now, verdict)
  }

  /** An ICMP error about a packet that went to a real server, on its way to the client (ip_vs_out_icmp). */
  #errorReply(packet: Packet, now: Nanos): IpvsVerdict {
    const quoted = packet.quoted
    if (quoted === null) return IPVS_IGNORED
    const connection = this.connections.fromServer(quoted.protocol, quoted.destination, quoted.destinationPort, quoted.source, quoted.sourcePort)
    if (connection === undefined) return IPVS_IGNORED
    packet.source = connection.virtual
    quoted.destination = connection.virtual
    quoted.destinationPort = connection.virtualPort
    countPacketOut(connection.destination, packet)
    return this.#done(connection, packet, now, IPVS_REPLY)
  }

  /** An ICMP error about a reply, on its way to the real server (ip_vs_in_icmp). */
  #errorRequest(packet: Packet, now: Nanos): IpvsVerdict {
    const quoted = packet.quoted
    if (quoted === null) return IPVS_IGNORED
    const connection = this.connections.fromClient(quoted.protocol, quoted.destination, quoted.destinationPort, quoted.source, quoted.sourcePort)
    if (connection === undefined) return IPVS_IGNORED
    const { destination } = connection
    packet.destination = destination.address
    quoted.source = destination.address
    quoted.sourcePort = destination.port
    countPacketIn(destination, packet)
    return this.#done(connection, packet, now, IPVS_FORWARDED)
  }

  #done(connection: Connection, packet: Packet, now: Nanos, verdict: IpvsVerdict): IpvsVerdict {
    packet.ipvsProperty = true
    this.connections.touch(connection, now)
    return verdict
  }
}

function serverOf(service: VirtualService, server: Pick<RealServer, 'address' | 'port'>): Destination {
  const destination = service.find(server.address, server.port)
  if (destination === undefined) throw new IpvsError('No such destination')
  return destination
}
