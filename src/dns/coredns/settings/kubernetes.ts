import type { Nanos } from '../../../engine/agenda.ts'
import { KUBEADM_ZONE, type KubernetesZone } from '../../records/kubernetes.ts'
import type { Directive } from '../corefile.ts'
import { type Complain, type Mutable, type Reader, duration, ignore, readBlock, wholeNumber, zonesOf } from './read.ts'

/** The `kubernetes` plugin: its zones, and where it falls through to the next plugin. */
export interface KubernetesSettings extends KubernetesZone {
  readonly fallthrough: readonly string[]
}

const KUBERNETES_WORDS = new Map<string, Reader<Mutable<KubernetesSettings>>>([
  [
    'pods',
    (zone, directive, complain) => {
      const [mode] = directive.args
      if (mode === 'disabled' || mode === 'insecure' || mode === 'verified') zone.pods = mode
      else complain({ line: directive.line, message: `pods: expected disabled, insecure or verified, but found '${mode ?? ''}'` })
    },
  ],
  ['ttl', (zone, directive, complain) => (zone.ttl = wholeNumber(directive.args[0], 0, 3600, directive, complain) ?? zone.ttl)],
  ['fallthrough', (zone, directive) => (zone.fallthrough = directive.args.length > 0 ? zonesOf(directive.args) : [''])],
  ['endpoint_pod_names', (zone) => (zone.endpointPodNames = true)],
  [
    'ignore',
    (zone, directive, complain) => {
      if (directive.args[0] === 'empty_service') zone.ignoreEmptyService = true
      else complain({ line: directive.line, message: `ignore: expected empty_service, but found '${directive.args[0] ?? ''}'` })
    },
  ],
  ['endpoint', ignore],
  ['tls', ignore],
  ['kubeconfig', ignore],
  ['noendpoints', ignore],
  ['startup_timeout', ignore],
])

/** CoreDNS's own default, which kubeadm's Corefile changes. */
const DEFAULT_TTL = 5

/** `kubernetes ZONES… { … }`; without zones those of the server block. */
export function readKubernetes(directive: Directive, blockZones: readonly string[], complain: Complain): KubernetesSettings {
  const zones = zonesOf(directive.args.length > 0 ? directive.args : blockZones)
  const isReverse = (zone: string): boolean => /(^|\.)(in-addr|ip6)\.arpa$/.test(zone)
  const zone = zones.find((candidate) => !isReverse(candidate))
  if (zone === undefined) complain({ line: directive.line, message: 'kubernetes: it needs a zone that is not a reverse one' })
  const settings: Mutable<KubernetesSettings> = {
    ...KUBEADM_ZONE,
    zone: zone ?? KUBEADM_ZONE.zone,
    reverseZones: zones.filter(isReverse),
    pods: 'disabled',
    ttl: DEFAULT_TTL,
    fallthrough: [],
  }
  readBlock(settings, directive, KUBERNETES_WORDS, complain)
  return settings
}

const LAMEDUCK_WORDS = new Map<string, Reader<{ lameduck: Nanos }>>([['lameduck', (health, directive, complain) => (health.lameduck = duration(directive.args[0], directive, complain) ?? 0)]])

/** `health [ADDRESS] { lameduck DURATION }`: how long a server that was told to stop keeps answering. */
export function readLameduck(directive: Directive, complain: Complain): Nanos {
  const health = { lameduck: 0 }
  readBlock(health, directive, LAMEDUCK_WORDS, complain)
  return health.lameduck
}
