import { formatResolvConf } from '../../dns/pod-resolv-conf.ts'
import { parseReference } from '../../scenario/values/reference.ts'
import { listConntrack } from '../../kernel/conntrack/list.ts'
import { printIpsetSave } from '../../kernel/ipset/save.ts'
import { printConnections, printServices, printStatistics } from '../../kernel/ipvs/print.ts'
import { printRuleset } from '../../kernel/rules/iptables-save/print.ts'
import { listRoutes } from '../../report/routes-text.ts'
import { missing, missingObject } from '../../simulation/senders/missing.ts'
import type { SimulatedNode } from '../../simulation/machines/node.ts'
import type { NodeIpvs } from '../../simulation/proxies/node-ipvs.ts'
import type { World } from '../../simulation/world.ts'
import { WorldError } from '../../simulation/world-error.ts'
import type { Pod } from '../../cluster/api/object.ts'
import { OK } from '../exit.ts'
import { UsageError, type InputFlags } from '../flags.ts'
import { complain, print } from '../output.ts'
import { worldAfter, worldAt } from './moment.ts'

export interface ShowFlags extends InputFlags {
  node?: string
  pod?: string
  at?: string
  /** Of `show ipvs`: what `ipvsadm -Lnc` or `ipvsadm -Ln --stats` prints instead. */
  connections?: boolean
  stats?: boolean
}

/** What can be shown, and how. */
const VIEWS: Record<string, (flags: ShowFlags) => void> = {
  iptables: (flags) => {
    const world = worldAt(flags)
    for (const line of printRuleset(nodeOf(world, flags).xtables.ruleset)) print(line)
  },
  nftables: (flags) => {
    const { nftables } = nodeOf(worldAt(flags), flags)
    for (const line of nftables.print()) print(line)
    if (nftables.table === undefined) complain('kube-proxy writes nftables rules in nftables mode alone: --mode nftables')
  },
  ipvs: (flags) => {
    const world = flags.connections === true || flags.stats === true ? worldAfter(flags) : worldAt(flags)
    const ipvs = ipvsOf(world, flags)?.kernel
    if (ipvs === undefined) return
    ipvs.advance(world.now)
    if (flags.connections === true) print(printConnections(ipvs.connections, world.now).trimEnd())
    else print((flags.stats === true ? printStatistics : printServices)(ipvs.services.all()).trimEnd())
  },
  ipset: (flags) => {
    const program = ipvsOf(worldAt(flags), flags)?.program
    if (program !== undefined) print(printIpsetSave(program.sets()).trimEnd())
  },
  conntrack: (flags) => {
    const world = worldAfter(flags)
    const node = nodeOf(world, flags)
    const lines = listConntrack(node.tracking.table, world.now)
    for (const line of lines) print(line)
    complain(`conntrack: ${lines.length} flow entries have been shown.`)
  },
  routes: (flags) => {
    const world = worldAt(flags)
    for (const line of listRoutes(nodeOf(world, flags).machine.routes, world.paths.sharedRoutesOf(nodeOf(world, flags)))) print(line)
  },
  'resolv.conf': (flags) => {
    const world = worldAt(flags)
    const conf = world.names.resolvConfOf(podOf(world, flags))
    process.stdout.write(formatResolvConf(conf))
    for (const { reason, message } of conf.events) complain(`Warning  ${reason}  ${message}`)
  },
  env: (flags) => {
    const world = worldAt(flags)
    for (const { name, value } of world.cluster.environmentOf(podOf(world, flags))) print(`${name}=${value}`)
  },
}

export const VIEW_NAMES = Object.keys(VIEWS)

/** `kubehop show`: what a look into a node or a pod would show. */
export function show(what: string, flags: ShowFlags): number {
  const view = VIEWS[what]
  if (view === undefined) throw new UsageError(`show ${what}: there is ${VIEW_NAMES.join(', ')}`)
  view(flags)
  return OK
}

function ipvsOf(world: World, flags: ShowFlags): NodeIpvs | undefined {
  const { ipvs } = nodeOf(world, flags)
  if (ipvs === undefined) complain('kube-proxy uses IPVS and ipsets in ipvs mode alone: --mode ipvs')
  return ipvs
}

function nodeOf(world: World, { node }: ShowFlags): SimulatedNode {
  const names = world.nodeFacts().map((facts) => facts.name)
  const name = node ?? names[0] ?? ''
  const found = world.node(name)
  if (found === undefined) throw new WorldError(missing('node', name, names))
  return found
}

function podOf(world: World, { pod, namespace }: ShowFlags): Pod {
  if (pod === undefined) throw new UsageError('say which pod: --pod NAMESPACE/NAME')
  const reference = parseReference(`pod/${pod}`)
  const space = reference?.namespace === '' || reference === undefined ? (namespace ?? 'default') : reference.namespace
  const found = world.cluster.store.get('Pod', space, reference?.name ?? pod)
  if (found === undefined) throw new WorldError(missingObject(world.cluster.store, 'Pod', space, reference?.name ?? pod))
  return found
}
