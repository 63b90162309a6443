import type { Nanos } from '../../engine/agenda.ts'
import type { CacheOptions } from './cache.ts'
import { type CorefileProblem, type Directive, type ServerBlock, parseCorefile } from './corefile.ts'
import type { ForwardOptions } from './forward.ts'
import { byExecution, pluginNames, roleOf } from './plugins.ts'
import { readCache } from './settings/cache.ts'
import { readForward } from './settings/forward.ts'
import { type KubernetesSettings, readKubernetes, readLameduck } from './settings/kubernetes.ts'
import { type HostsSettings, type RewriteRule, type TemplateSettings, readHosts, readRewrite, readTemplate } from './settings/local.ts'
import { type Complain, zonesOf } from './settings/read.ts'

/** A plugin that has a part in answering, with what the Corefile says about it. */
export type PluginPart =
  | { readonly plugin: 'cache'; readonly zones: readonly string[]; readonly settings: CacheOptions }
  | { readonly plugin: 'forward'; readonly settings: ForwardOptions }
  | { readonly plugin: 'kubernetes'; readonly settings: KubernetesSettings }
  | { readonly plugin: 'hosts'; readonly settings: HostsSettings }
  | { readonly plugin: 'template'; readonly settings: readonly TemplateSettings[] }
  | { readonly plugin: 'rewrite'; readonly settings: readonly RewriteRule[] }
  | { readonly plugin: 'autopath'; readonly zones: readonly string[] }
  | { readonly plugin: 'loadbalance' }

/** One server of a Corefile, ready to run. */
export interface ServerPlan {
  readonly zones: readonly { readonly zone: string; readonly port: number }[]
  /** Addresses that it listens on; none: all. */
  readonly bind: readonly string[]
  readonly lameduck: Nanos
  /** In the order in which they handle a question. */
  readonly parts: readonly PluginPart[]
}

export interface CompiledCorefile {
  readonly servers: readonly ServerPlan[]
  readonly problems: readonly CorefileProblem[]
}

/** Reads a Corefile. `nodeNameservers`: what `/etc/resolv.conf` of the server's pod names, for `forward . /etc/resolv.conf`. */
export function compileCorefile(text: string, nodeNameservers: readonly string[]): CompiledCorefile {
  const { servers, problems: syntax } = parseCorefile(text)
  const problems = [...syntax]
  const complain: Complain = (problem) => problems.push(problem)
  const plans = servers.map((block) => compileServer(block, nodeNameservers, complain))
  return { servers: plans, problems: problems.sort((a, b) => a.line - b.line) }
}

function compileServer(block: ServerBlock, nodeNameservers: readonly string[], complain: Complain): ServerPlan {
  const byPlugin = new Map<string, Directive[]>()
  for (const directive of block.directives) {
    if (!isUsable(directive, complain)) continue
    byPlugin.set(directive.name, [...(byPlugin.get(directive.name) ?? []), directive])
  }
  const zones = block.zones.map(({ zone }) => zone)
  const parts: PluginPart[] = []
  let bind: readonly string[] = []
  let lameduck = 0
  for (const [plugin, directives] of [...byPlugin].sort(([a], [b]) => byExecution(a, b))) {
    const first = directives[0] as Directive // a plugin is in the map because of one
    if (plugin === 'bind') bind = directives.flatMap(({ args }) => args)
    else if (plugin === 'health') lameduck = readLameduck(first, complain)
    else parts.push(...compilePlugin(plugin, directives, first, zones, nodeNameservers, complain))
  }
  return { zones: block.zones, bind, lameduck, parts }
}

/** Complains about a plugin that is unknown or not modelled. */
function isUsable({ name, line }: Directive, complain: Complain): boolean {
  const role = roleOf(name)
  if (role === 'unmodelled') complain({ line, message: `plugin ${name} is not modelled: answers are as if it were not there`, note: true })
  if (role === undefined) complain({ line, message: `CoreDNS has no plugin '${name}'${suggestion(name)}` })
  return role === 'modelled'
}

function suggestion(name: string): string {
  const near = pluginNames().find((known) => known.startsWith(name.slice(0, 4)) && name.length > 3)
  return near === undefined ? '' : `; did you mean ${near}?`
}

/** Plugins that may stand only once in a block. */
const ONCE = new Set(['cache', 'kubernetes', 'hosts', 'autopath', 'loadbalance'])

function compilePlugin(plugin: string, directives: readonly Directive[], first: Directive, zones: readonly string[], nodeNameservers: readonly string[], complain: Complain): PluginPart[] {
  const again = directives[1]
  if (again !== undefined && ONCE.has(plugin)) complain({ line: again.line, message: `plugin ${plugin} can only be used once in a server block; line ${first.line} has it already` })
  switch (plugin) {
    case 'cache': {
      const own = first.args.filter((arg) => !/^-?\d+$/.test(arg))
      return [{ plugin, zones: own.length > 0 ? zonesOf(own) : zones, settings: readCache(first, complain) }]
    }
    case 'forward':
      return directives.map((directive) => ({ plugin, settings: readForward(directive, nodeNameservers, complain) }))
    case 'kubernetes':
      return [{ plugin, settings: readKubernetes(first, zones, complain) }]
    case 'hosts':
      return [{ plugin, settings: readHosts(first, zones, complain) }]
    case 'template':
      return [{ plugin, settings: directives.map((directive) => readTemplate(directive, zones, complain)) }]
    case 'rewrite':
      return [{ plugin, settings: directives.flatMap((directive) => readRewrite(directive, complain) ?? []) }]
    case 'autopath':
      if (first.args.at(-1) !== '@kubernetes') complain({ line: first.line, message: 'autopath: only @kubernetes is modelled', note: true })
      return first.args.at(-1) === '@kubernetes' ? [{ plugin, zones: first.args.length > 1 ? zonesOf(first.args.slice(0, -1)) : zones }] : []
    case 'loadbalance':
      if (first.args[0] !== undefined && first.args[0] !== 'round_robin') complain({ line: first.line, message: `loadbalance: only round_robin is modelled, not ${first.args[0]}`, note: true })
      return [{ plugin }]
    default:
      throw new Error(`this is a bug in kubehop: plugin ${plugin} is said to be modelled, but nothing compiles it`)
  }
}
