import type { Address } from '../../kernel/address.ts'
import type { Responders } from '../../wire/arp.ts'
import type { EthernetPort } from '../../wire/port.ts'
import type { SimulatedNode } from '../machines/node.ts'
import type { Ground } from '../ground.ts'
import type { Speakers } from './metallb/speakers.ts'

/**
 * Who answers ARP: the owner of an address, every node that has it on kube-ipvs0 (unless arp_ignore, which strictARP
 * sets, tells it to answer only for addresses of the interface that was asked), and MetalLB's speakers.
 */
export function respondersIn(ground: Ground, speakers: Speakers): Responders {
  return (address, sender) => {
    const answersForAll = ground.settings.sysctls['net.ipv4.conf.all.arp_ignore'] !== 1
    const ports = new Set<EthernetPort>()
    const owner = ground.fabric.portOf(address)
    if (owner !== undefined) ports.add(owner)
    if (ground.proxyConfig.mode === 'ipvs' && answersForAll) for (const node of holders(ground, address)) if (!node.machine.routes.isLocal(sender)) ports.add(node.port)
    for (const name of speakers.announcersOf(address)) {
      const port = ground.node(name)?.port
      if (port !== undefined) ports.add(port)
    }
    return [...ports]
  }
}

/** The nodes whose kube-ipvs0 has the address. All have, or none: nodes that nobody used so far are built to find out. */
function holders(ground: Ground, address: Address): SimulatedNode[] {
  const facts = ground.nodeFacts()
  const [first] = facts
  const someHold = [...ground.nodes.values(), ...(first === undefined ? [] : [ground.node(first.name)])].some((node) => node?.machine.routes.bound?.has(address) === true)
  if (!someHold) return []
  return facts.flatMap(({ name }) => ground.node(name) ?? []).filter((node) => node.machine.routes.bound?.has(address) === true)
}
