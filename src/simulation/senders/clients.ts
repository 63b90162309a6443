import type { ApplicationCache } from '../../dns/lookups.ts'
import type { Target } from '../../scenario/values/target.ts'
import type { Client, NameService } from '../../traffic/client.ts'
import { DnsClient } from '../../traffic/dns-client.ts'
import { PingClient } from '../../traffic/ping-client.ts'
import type { Requests } from '../../traffic/request.ts'
import { TcpClient, type ConnectionUse } from '../../traffic/tcp-client.ts'
import { UdpClient } from '../../traffic/udp-client.ts'
import type { Sender } from './callers.ts'
import { nameServiceFor } from './destinations.ts'
import { missing } from './missing.ts'
import type { OutsideMachine } from '../machines/outside-machine.ts'
import type { World } from '../world.ts'
import { WorldError } from '../world-error.ts'

/** Stands for the load balancer in `via`. No node can have this name. */
export const BALANCER = '(load balancer)'

export interface ClientOptions {
  requestBytes: number
  responseBytes: number | undefined
  sourcePort: number | undefined
  use: ConnectionUse
  /** How long the application keeps what a name led to. */
  cache: ApplicationCache
  /** Next hop of a client outside for the target's address: a node's name, or the load balancer. */
  via: string | undefined
}

/** A client for that target, in the sender's namespace. */
export function openClient(world: World, sender: Sender, target: Target, requests: Requests, options: ClientOptions): Client {
  const names = nameServiceFor(world, target, sender, options.cache)
  if (sender.outside !== undefined && options.via !== undefined) routeOutside(world, sender.outside, names, options.via)
  const shape = { requestBytes: options.requestBytes, responseBytes: options.responseBytes, ...(options.sourcePort === undefined ? {} : { sourcePort: options.sourcePort }) }
  switch (target.scheme) {
    case 'udp':
      return new UdpClient(sender.stack, requests, names, shape, options.use)
    case 'icmp':
      return new PingClient(sender.stack, requests, names)
    case 'dns':
      return new DnsClient(requests, names)
    default:
      return new TcpClient(sender.stack, requests, names, shape, options.use)
  }
}

/** A machine outside hands service addresses to the node that was named, or to the load balancer in front of all. */
function routeOutside(world: World, outside: OutsideMachine, names: NameService, via: string): void {
  const hop = via === BALANCER ? world.balancer().address : world.factsOf(via)?.address
  if (hop === undefined) throw new WorldError(`--via: ${missing('node', via, world.nodeFacts().map(({ name }) => name))}`)
  const address = names.fixed?.address
  // What MetalLB announces has no balancer in front of it.
  if (via === BALANCER && address !== undefined && world.speakers.protocolOf(address) !== undefined) return
  if (address !== undefined && !world.paths.isMachineOrPod(address)) outside.routeVia(address, hop)
}
