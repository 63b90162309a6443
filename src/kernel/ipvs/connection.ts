import type { Nanos } from '../../engine/agenda.ts'
import type { Address } from '../address.ts'
import { hashAddress } from './buckets.ts'
import type { Destination } from './destination.ts'
import { NONE } from './states.ts'

/** Identity of a connection as its client sees it. */
export interface ConnectionKey {
  readonly protocol: number
  readonly client: Address
  readonly clientPort: number
  readonly virtual: Address
  readonly virtualPort: number
}

/**
 * An entry of the connection table (struct ip_vs_conn). A persistence template is one too, with client port 0: it says
 * where the client's next connections go, and controls those that it began.
 */
export class Connection implements ConnectionKey {
  readonly protocol: number
  readonly client: Address
  readonly clientPort: number
  readonly virtual: Address
  /** 0xffff on a template that is not used any more. */
  virtualPort: number
  readonly destination: Destination
  readonly isTemplate: boolean
  readonly hash: number
  /** Order in which entries were made. */
  readonly serial: number
  nextInBucket: Connection | null = null

  state = NONE
  /** Counts as active with its destination. */
  isActive = false
  /** A template whose client has proved to be real: a connection of its was established, or answered. */
  isAssured = false
  /** The template behind this connection. */
  template: Connection | null = null
  /** Connections that this template controls. */
  controlled = 0

  /** Does its conntrack entry go with it (IP_VS_CONN_F_NFCT)? Not if the port is being used again already. */
  ownsConntrack = true

  /** How long it is kept after a packet, and until when. */
  timeout: Nanos = 0
  deadline: Nanos = 0
  /** Where it waits on the wheel: the slot's second, and its neighbours there. */
  second = 0
  wheelNext: Connection | null = null
  wheelPrevious: Connection | null = null

  constructor(key: ConnectionKey, destination: Destination, isTemplate: boolean, serial: number) {
    this.protocol = key.protocol
    this.client = key.client
    this.clientPort = key.clientPort
    this.virtual = key.virtual
    this.virtualPort = key.virtualPort
    this.destination = destination
    this.isTemplate = isTemplate
    this.hash = hashClient(key.protocol, key.client, key.clientPort)
    this.serial = serial
  }
}

/** ip_vs_conn_hashkey: by the client alone, so that one table serves both directions. */
export function hashClient(protocol: number, client: Address, clientPort: number): number {
  return hashAddress(client, (protocol << 16) | clientPort)
}
