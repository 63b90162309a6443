import type { Address } from '../../kernel/address.ts'
import type { Responders } from '../../wire/arp.ts'
import type { EthernetPort } from '../../wire/port.ts'
import type { SimulatedNode } from '../machines/node.ts'
import type { World } from '../world.ts'

/**
 * Who answers ARP: the owner of an address, every node that has it on kube-ipvs0 (unless arp_ignore, which strictARP
 * sets, tells it to answer only for addresses of the interface that was asked), and MetalLB's speakers.
 */
export function respondersIn(world: World): Responders {
  return (address, sender) => {
    const answersForAll = world.settings.sysctls['net.ipv4.conf.all.arp_ignore'] !== 1
    const ports = new Set<EthernetPort>()
    const owner = world.fabric.portOf(address)
    if (owner !== undefined) ports.add(owner)
    if (world.proxyConfig.mode === 'ipvs' && answersForAll) for (const node of holders(world, address)) if (!node.machine.routes.isLocal(sender)) ports.add(node.port)
    for (const name of world.speakers.announcersOf(address)) {
      const port = world.node(name)?.port
      if (port !== undefined) ports.add(port)
    }
    return [...ports]
  }
}

/** The nodes whose kube-ipvs0 has the address. All have, or none: nodes that nobody used so far are built to find out. */
function holders(world: World, address: Address): SimulatedNode[] {
  const facts = world.nodeFacts()
  const [first] = facts
  const someHold = [...world.nodes.values(), ...(first === undefined ? [] : [world.node(first.name)])].some((node) => node?.machine.routes.bound?.has(address) === true)
  if (!someHold) return []
  return facts.flatMap(({ name }) => world.node(name) ?? []).filter((node) => node.machine.routes.bound?.has(address) === true)
}
