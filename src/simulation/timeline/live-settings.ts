import { sysctlsOf } from '../../proxy/sysctls.ts'
import { PROXY_SETTING } from '../../scenario/schema/live-settings.ts'
import { setSysctl } from '../../socket/sysctls.ts'
import type { SimulatedNode } from '../machines/node.ts'
import type { World } from '../world.ts'

type Value = string | number | boolean

/** Changes settings in the middle of a run: sysctls of one node or all, and fields of kube-proxy's configuration. */
export function change(world: World, settings: Readonly<Record<string, Value>>, nodeName: string | undefined): void {
  const proxy = Object.entries(settings).filter(([name]) => name.startsWith(PROXY_SETTING))
  const sysctls = Object.entries(settings).filter(([name]) => !name.startsWith(PROXY_SETTING))
  for (const [name, value] of sysctls) set(world, name, String(value), nodeName)
  if (proxy.length === 0) return
  const document = structuredClone(world.proxyDocument)
  for (const [path, value] of proxy) setField(document, path.slice(PROXY_SETTING.length).split('.'), value)
  world.reconfigureProxies(document)
  // Each kube-proxy sets its sysctls when it starts; the scenario's own win, as they do at the beginning.
  for (const [name, value] of Object.entries(sysctlsOf(world.proxyConfig, world.settings.cores))) {
    if (!Object.hasOwn(world.scenario.cluster.sysctls, name)) set(world, name, String(value), undefined)
  }
}

function set(world: World, name: string, value: string, nodeName: string | undefined): void {
  // Every stack reads the same parameters.
  if (setSysctl(world.settings.socketSysctls, name, value)) return
  if (nodeName !== undefined) {
    const node = world.node(nodeName)
    if (node !== undefined) apply(node, name, Number(value))
    return
  }
  // Nodes that are built later find it there.
  world.settings.sysctls[name] = Number(value)
  for (const node of world.nodes.values()) apply(node, name, Number(value))
}

function apply({ machine, tracking }: SimulatedNode, name: string, value: number): void {
  if (name === 'net.ipv4.conf.all.route_localnet') machine.sysctls.routeLocalnet = value === 1
  else tracking.table.settings.set(name, value)
}

function setField(document: Record<string, unknown>, [field = '', ...rest]: string[], value: Value): void {
  if (rest.length === 0) {
    document[field] = value
    return
  }
  const inner = document[field]
  const object: Record<string, unknown> = typeof inner === 'object' && inner !== null ? { ...inner } : {}
  setField(object, rest, value)
  document[field] = object
}
