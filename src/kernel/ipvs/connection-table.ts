import type { Nanos } from '../../engine/agenda.ts'
import type { Address } from '../address.ts'
import { Buckets } from './buckets.ts'
import { Connection, hashClient, type ConnectionKey } from './connection.ts'
import type { Destination } from './destination.ts'
import { TimerWheel } from './timer-wheel.ts'

const SECOND = 1e9
/** What a template that still controls connections is prolonged by (ip_vs_conn_expire). */
const RENEWAL: Nanos = 60 * SECOND

/** The connections of one machine with their timers (ip_vs_conn.c). */
export class ConnectionTable {
  readonly #buckets = new Buckets<Connection>()
  readonly #wheel = new TimerWheel()
  readonly #onExpire: (connection: Connection) => void
  #serial = 0

  /** `onExpire` is told of every connection that leaves the table; not of templates. */
  constructor(onExpire: (connection: Connection) => void) {
    this.#onExpire = onExpire
  }

  get size(): number {
    return this.#buckets.size
  }

  /** The connection of a packet that its client sends (ip_vs_conn_in_get). */
  fromClient(protocol: number, client: Address, clientPort: number, virtual: Address, virtualPort: number): Connection | undefined {
    return this.#find(protocol, client, clientPort, virtual, virtualPort, false)
  }

  /** The client's persistence template for that service (ip_vs_ct_in_get). */
  template(protocol: number, client: Address, virtual: Address, virtualPort: number): Connection | undefined {
    return this.#find(protocol, client, 0, virtual, virtualPort, true)
  }

  /**
   * The connection of a packet that its server sends (ip_vs_conn_out_get). It knows the server and the client only: of
   * two services that share a server and are used from one client port, the newest connection gets both services' replies.
   */
  fromServer(protocol: number, server: Address, serverPort: number, client: Address, clientPort: number): Connection | undefined {
    for (let c = this.#buckets.head(hashClient(protocol, client, clientPort)); c !== null; c = c.nextInBucket) {
      if (c.client !== client || c.clientPort !== clientPort || c.protocol !== protocol || c.isTemplate) continue
      if (c.destination.address === server && c.destination.port === serverPort) return c
    }
    return undefined
  }

  add(key: ConnectionKey, destination: Destination, isTemplate: boolean): Connection {
    const connection = new Connection(key, destination, isTemplate, this.#serial++)
    if (isTemplate) destination.persistent++
    else destination.inactive++
    this.#buckets.add(connection)
    return connection
  }

  /** Starts the timer anew, as every packet does. */
  touch(connection: Connection, now: Nanos): void {
    connection.deadline = now + connection.timeout
    this.#wheel.arm(connection)
  }

  /** Takes out what has timed out by `now`. */
  advance(now: Nanos): void {
    this.#wheel.advance(now, this.#onTimeout)
  }

  /** Takes a connection out before its time. */
  remove(connection: Connection): void {
    const { destination, template } = connection
    this.#wheel.disarm(connection)
    this.#buckets.remove(connection)
    if (connection.isTemplate) destination.persistent--
    else if (connection.isActive) destination.active--
    else destination.inactive--
    if (template !== null) template.controlled--
    if (!connection.isTemplate) this.#onExpire(connection)
  }

  /** Takes out the connections whose real server has been removed, then their templates (ip_vs_expire_nodest_conn_flush). */
  removeOrphans(): void {
    const orphans = [...this.#buckets].filter((connection) => !connection.destination.available)
    for (const connection of orphans) if (!connection.isTemplate) this.remove(connection)
    for (const connection of orphans) if (connection.isTemplate && connection.controlled === 0) this.remove(connection)
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#buckets[Symbol.iterator]()
  }

  readonly #onTimeout = (connection: Connection, at: Nanos): void => {
    if (connection.controlled === 0) return this.remove(connection)
    connection.timeout = RENEWAL
    this.touch(connection, at)
  }

  #find(protocol: number, client: Address, clientPort: number, virtual: Address, virtualPort: number, isTemplate: boolean): Connection | undefined {
    for (let c = this.#buckets.head(hashClient(protocol, client, clientPort)); c !== null; c = c.nextInBucket) {
      if (c.client === client && c.clientPort === clientPort && c.virtual === virtual && c.virtualPort === virtualPort && c.protocol === protocol && c.isTemplate === isTemplate) return c
    }
    return undefined
  }
}
