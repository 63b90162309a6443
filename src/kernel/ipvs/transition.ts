import { UDP, type Packet } from '../packet.ts'
import type { Connection } from './connection.ts'
import type { IpvsSettings } from './settings.ts'
import { ESTABLISHED, isActive, nextState, OUTPUT, timeoutOf, type Direction } from './states.ts'

const SECOND = 1e9

/** Takes the connection to the state after this packet, and its destination's counters with it (ip_vs_set_state). */
export function follow(connection: Connection, packet: Packet, direction: Direction, settings: IpvsSettings): void {
  const { protocol } = connection
  const state = nextState(packet, connection.state, direction)
  count(connection, isActive(protocol, state))
  // A client that has proved to be real keeps its template (ip_vs_control_assure_ct).
  const isProved = protocol === UDP ? direction === OUTPUT : state === ESTABLISHED
  if (isProved && connection.template !== null) connection.template.isAssured = true
  connection.state = state
  connection.timeout = timeoutOf(protocol, state, settings) * SECOND
}

function count(connection: Connection, isActive: boolean): void {
  if (connection.isActive === isActive) return
  connection.isActive = isActive
  connection.destination.active += isActive ? 1 : -1
  connection.destination.inactive += isActive ? -1 : 1
}
