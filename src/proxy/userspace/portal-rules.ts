import type { Address } from '../../kernel/address.ts'
import type { Match, Rule, Target } from '../../kernel/rules/rule.ts'
import { ACCEPT, comment, headerFirst, isProtocol, rule, to, TO_LOCAL, toPort } from '../iptables/words.ts'
import type { ServicePort } from '../service-port.ts'

/** The chains that hold a rule or two of each service-port, by table and in the order of iptables-save. */
export const SERVICE_CHAINS = {
  nat: ['KUBE-NODEPORT-CONTAINER', 'KUBE-NODEPORT-HOST', 'KUBE-PORTALS-CONTAINER', 'KUBE-PORTALS-HOST'],
  filter: ['KUBE-NODEPORT-NON-LOCAL'],
} as const
export type ServiceChain = (typeof SERVICE_CHAINS)[keyof typeof SERVICE_CHAINS][number]
export type ServiceRules = Readonly<Record<ServiceChain, Rule[]>>

const NOT_BRIDGED: Match = { kind: 'physdev', isIn: false }
/** kube-proxy still writes the old module here, not `-m conntrack`. */
const IS_NEW: Match = { kind: 'conntrack', module: 'state', states: ['NEW'] }

export function noRules(): ServiceRules {
  return { 'KUBE-PORTALS-CONTAINER': [], 'KUBE-PORTALS-HOST': [], 'KUBE-NODEPORT-CONTAINER': [], 'KUBE-NODEPORT-HOST': [], 'KUBE-NODEPORT-NON-LOCAL': [] }
}

/**
 * Adds what leads a service-port's traffic to the port where the proxy listens for it (openPortal and openNodePort in
 * pkg/proxy/userspace/proxier.go): REDIRECT for what comes in, DNAT to the host's own address for what the host sends.
 */
export function addServiceRules(rules: ServiceRules, port: ServicePort, proxyPort: number, host: Address): void {
  const redirect: Target = { kind: 'REDIRECT', range: { ports: { from: proxyPort, to: proxyPort } } }
  const toHost: Target = { kind: 'DNAT', range: { addresses: { from: host, to: host }, ports: { from: proxyPort, to: proxyPort } } }
  const portal = (address: Address, ...more: Match[]): readonly Match[] => headerFirst([to(address), ...asked(port, port.port), ...more])
  for (const address of [port.clusterIP, ...port.loadBalancerVIPs]) {
    rules['KUBE-PORTALS-CONTAINER'].push(rule(portal(address), redirect))
    rules['KUBE-PORTALS-HOST'].push(rule(portal(address), toHost))
  }
  for (const address of port.externalIPs) {
    // Not what is bridged and only passes by; and what has this address as its own.
    rules['KUBE-PORTALS-CONTAINER'].push(rule(portal(address, NOT_BRIDGED), redirect), rule(portal(address, TO_LOCAL), redirect))
    rules['KUBE-PORTALS-HOST'].push(rule(portal(address, TO_LOCAL), toHost))
  }
  if (port.nodePort === 0) return
  rules['KUBE-NODEPORT-CONTAINER'].push(rule(headerFirst(asked(port, port.nodePort)), redirect))
  rules['KUBE-NODEPORT-HOST'].push(rule(headerFirst(asked(port, port.nodePort)), toHost))
  rules['KUBE-NODEPORT-NON-LOCAL'].push(rule(headerFirst([...asked(port, proxyPort), IS_NEW]), ACCEPT))
}

function asked(port: ServicePort, number: number): readonly Match[] {
  return [comment(port.name), isProtocol(port.protocol), toPort(port.protocol, number)]
}
