import type { Nanos } from '../../engine/agenda.ts'
import type { Packet } from '../packet.ts'
import type { Connection, ConnectionKey } from './connection.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { Destination } from './destination.ts'
import type { IpvsSettings } from './settings.ts'
import type { VirtualService } from './virtual-service.ts'

const SECOND = 1e9
/** Port of a template that is not used any more. */
const INVALID = 0xffff

/** Chooses a real server for the packet and enters the connection (ip_vs_schedule). Undefined: none is usable. */
export function schedule(service: VirtualService, packet: Packet, connections: ConnectionTable, settings: IpvsSettings, now: Nanos): Connection | undefined {
  if (service.persistence > 0) return schedulePersistent(service, packet, connections, settings, now)
  const destination = service.schedule(packet.source, packet.sourcePort, packet.destination)
  return destination && enter(service, packet, connections, destination)
}

/** The client's template decides; without a valid one the scheduler does, and a template is made (ip_vs_sched_persist). */
function schedulePersistent(service: VirtualService, packet: Packet, connections: ConnectionTable, settings: IpvsSettings, now: Nanos): Connection | undefined {
  let template = connections.template(packet.protocol, packet.source, service.address, service.port)
  if (template !== undefined && !isValid(template, settings)) {
    template.virtualPort = INVALID
    template = undefined
  }
  if (template === undefined) {
    const destination = service.schedule(packet.source, packet.sourcePort, packet.destination)
    if (destination === undefined) return undefined
    const key = { protocol: packet.protocol, client: packet.source, clientPort: 0, virtual: service.address, virtualPort: service.port }
    template = connections.add(key, destination, true)
    template.timeout = service.persistence * SECOND
  }
  const connection = enter(service, packet, connections, template.destination)
  connection.template = template
  template.controlled++
  connections.touch(template, now)
  return connection
}

/** ip_vs_check_template. */
function isValid(template: Connection, settings: IpvsSettings): boolean {
  const { destination } = template
  return destination.available && !(settings.expireQuiescentTemplate && destination.weight === 0)
}

function enter(service: VirtualService, packet: Packet, connections: ConnectionTable, destination: Destination): Connection {
  const key: ConnectionKey = { protocol: packet.protocol, client: packet.source, clientPort: packet.sourcePort, virtual: packet.destination, virtualPort: packet.destinationPort }
  service.counters.connections++
  destination.counters.connections++
  return connections.add(key, destination, false)
}
