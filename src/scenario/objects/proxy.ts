import { isDeepStrictEqual } from 'node:util'
import { SCHEDULER_NAMES } from '../../kernel/ipvs/schedulers/by-name.ts'
import { DETECT_LOCAL_MODES, PROXY_MODES } from '../../proxy/config.ts'
import type { Complaints } from '../complaint.ts'
import { isRecord, readDocuments } from '../text/documents.ts'
import { below, originOf, sourceOf, type Manifest, type Origin } from '../text/source.ts'
import { parseDuration } from '../../engine/duration.ts'
import { cidr, count, flag, isCidr, oneOf, text } from './rules.ts'
import { anything, checkShape, list, object, value, type Shape } from './shape.ts'

const duration = value((given) =>
  given === '' || (typeof given === 'string' && parseDuration(given) !== undefined) ? undefined : { must: 'must be a duration, such as 1s or 1m30s' },
)

const nodePortAddresses = value((given) => (given === 'primary' || isCidr(given) ? undefined : { must: 'must be a CIDR, or primary' }))

const clusterCIDRs = value((given) =>
  given === '' || (typeof given === 'string' && given.split(',').every((one) => isCidr(one))) ? undefined : { must: 'must be a CIDR, or one for each IP family, separated by a comma' },
)

const TIMING = { minSyncPeriod: duration, syncPeriod: duration }

/** kubeproxy.config.k8s.io/v1alpha1 (pkg/proxy/apis/config/v1alpha1/types.go), with the places where later releases put a few of its fields. */
export const proxyShape: Shape = object(
  {
    mode: oneOf(...PROXY_MODES, ''),
    clusterCIDR: clusterCIDRs,
    detectLocalMode: oneOf(...DETECT_LOCAL_MODES, ''),
    detectLocal: object({ bridgeInterface: text, interfaceNamePrefix: text, clusterCIDRs: list(cidr) }),
    masqueradeAll: flag,
    nodePortAddresses: list(nodePortAddresses),
    iptables: object({ ...TIMING, masqueradeAll: flag, masqueradeBit: count(0, 31), localhostNodePorts: flag }),
    ipvs: object({
      ...TIMING,
      scheduler: oneOf(...SCHEDULER_NAMES, ''),
      strictARP: flag,
      excludeCIDRs: list(cidr),
      tcpTimeout: duration,
      tcpFinTimeout: duration,
      udpTimeout: duration,
      masqueradeAll: flag,
      masqueradeBit: count(0, 31),
    }),
    nftables: object({ ...TIMING, masqueradeAll: flag, masqueradeBit: count(0, 31) }),
    linux: object({ masqueradeAll: flag, oomScoreAdj: anything, conntrack: anything }),
    conntrack: object({
      maxPerCore: count(),
      min: count(),
      tcpEstablishedTimeout: duration,
      tcpCloseWaitTimeout: duration,
      tcpBeLiberal: flag,
      udpTimeout: duration,
      udpStreamTimeout: duration,
    }),
    udpIdleTimeout: duration,
    configSyncPeriod: duration,
  },
  'apiVersion kind bindAddress bindAddressHardFail clientConnection enableProfiling featureGates healthzBindAddress hostnameOverride logging metadata metricsBindAddress oomScoreAdj portRange resourceContainer showHiddenMetricsForVersion winkernel windowsRunAsService',
)

/** Whether a manifest configures kube-proxy. */
export function isProxyManifest({ value }: Manifest): boolean {
  return isRecord(value) && value['kind'] === 'KubeProxyConfiguration'
}

/**
 * kube-proxy's configuration among the manifests: a document of its own, or else the one that kubeadm keeps in the `kube-proxy` ConfigMap; without
 * either, an empty one. A later one changes the fields that it names, so that a small file can be laid over a dump.
 */
export function chooseProxyManifest(manifests: readonly Manifest[], complaints: Complaints): Manifest {
  const own = manifests.filter(isProxyManifest)
  const [first, ...others] = (own.length > 0 ? own : manifests.flatMap((one) => insideConfigMap(one, complaints))).map(nestDottedFields)
  if (first === undefined) return { value: {}, origin: originOf(sourceOf('(kube-proxy)', '')) }
  return others.reduce((under, over) => layOver(under, over, complaints), first)
}

function layOver(under: Manifest, over: Manifest, complaints: Complaints): Manifest {
  if (!isRecord(under.value) || !isRecord(over.value)) return over
  const { value: before } = under
  const changed = Object.entries(over.value).filter(([field, value]) => !isDeepStrictEqual(value, before[field]))
  if (changed.length === 0) return under
  complaints.note({ origin: below(over.origin, 'kind') }, `a second KubeProxyConfiguration: its ${changed.map(([field]) => field).join(', ')} count over those of the first`)
  const merged = changed.map(([field, value]) => [field, isRecord(value) && isRecord(before[field]) ? { ...before[field], ...value } : value])
  const patched = changed.map(([field]) => ({ path: [field], source: over.origin.source, offset: over.origin.start }))
  return { value: { ...before, ...Object.fromEntries(merged) }, origin: { ...under.origin, patched: [...(under.origin.patched ?? []), ...patched] } }
}

/** `detectLocal.bridgeInterface: br0`, as `--set` and tables of settings write it, is a field inside another. */
function nestDottedFields(manifest: Manifest): Manifest {
  if (!isRecord(manifest.value) || !Object.keys(manifest.value).some((field) => field.includes('.'))) return manifest
  const nested: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(manifest.value)) {
    const [outer = '', inner] = field.split('.')
    const section = nested[outer]
    nested[outer] = inner === undefined ? value : { ...(isRecord(section) ? section : {}), [inner]: value }
  }
  return { ...manifest, value: nested }
}

function insideConfigMap({ value, origin }: Manifest, complaints: Complaints): Manifest[] {
  if (!isRecord(value) || value['kind'] !== 'ConfigMap' || !isRecord(value['metadata']) || value['metadata']['name'] !== 'kube-proxy') return []
  const written = isRecord(value['data']) ? value['data']['config.conf'] : undefined
  if (typeof written !== 'string') return []
  return readDocuments(sourceOf(`${origin.source.name} (ConfigMap kube-proxy, config.conf)`, written), complaints).filter(isProxyManifest)
}

/** Checks kube-proxy's configuration; the document as it is, for `proxyConfigFrom` (src/proxy/config.ts) to fill in the defaults. */
export function readProxyDocument({ value, origin }: Manifest, complaints: Complaints): Record<string, unknown> {
  const document = isRecord(value) ? value : {}
  const faults = complaints.errors
  checkShape('KubeProxyConfiguration', document, proxyShape, origin, complaints)
  if (complaints.errors === faults) checkContradictions(document, origin, complaints)
  return document
}

/** What each detection mode cannot do without. */
const NEEDED: Record<string, string> = { BridgeInterface: 'bridgeInterface', InterfaceNamePrefix: 'interfaceNamePrefix' }

/** Settings that are right each by itself, but not together (pkg/proxy/apis/config/validation). */
function checkContradictions(document: Record<string, unknown>, origin: Origin, complaints: Complaints): void {
  const mode = String(document['mode'] || 'iptables')
  const detection = String(document['detectLocalMode'] ?? '')
  const needed = NEEDED[detection]
  if (needed !== undefined && !section(document, 'detectLocal')[needed])
    complaints.error({ origin: below(origin, 'detectLocalMode') }, `detectLocalMode ${detection} needs \`detectLocal.${needed}\``)
  for (const name of ['iptables', 'ipvs', 'nftables']) {
    const { minSyncPeriod, syncPeriod } = section(document, name)
    const [least, most] = [nanoseconds(minSyncPeriod), nanoseconds(syncPeriod)]
    if (most > 0 && least > most)
      complaints.error({ origin: below(origin, name, 'minSyncPeriod') }, `\`${name}.minSyncPeriod\` (${String(minSyncPeriod)}) is longer than syncPeriod (${String(syncPeriod)})`)
  }
  const addresses = document['nodePortAddresses']
  if (Array.isArray(addresses) && addresses.length > 1 && addresses.includes('primary'))
    complaints.error({ origin: below(origin, 'nodePortAddresses') }, '`primary` cannot stand beside CIDRs in nodePortAddresses')
  const scheduler = section(document, 'ipvs')['scheduler']
  if (typeof scheduler === 'string' && scheduler !== '' && mode !== 'ipvs')
    complaints.note({ origin: below(origin, 'ipvs', 'scheduler') }, `the scheduler ${scheduler} has no effect in ${mode} mode; only ipvs has schedulers`)
}

function section(document: Record<string, unknown>, name: string): Record<string, unknown> {
  const found = document[name]
  return isRecord(found) ? found : {}
}

function nanoseconds(given: unknown): number {
  return typeof given === 'string' ? (parseDuration(given) ?? 0) : 0
}
