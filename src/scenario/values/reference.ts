import type { Written } from './written.ts'

/** kubectl's words for the things that a scenario can point at, each with the one that we keep. */
const KINDS = {
  pod: 'pod', pods: 'pod', po: 'pod',
  deployment: 'deployment', deployments: 'deployment', deploy: 'deployment',
  replicaset: 'replicaset', replicasets: 'replicaset', rs: 'replicaset',
  statefulset: 'statefulset', statefulsets: 'statefulset', sts: 'statefulset',
  daemonset: 'daemonset', daemonsets: 'daemonset', ds: 'daemonset',
  service: 'service', services: 'service', svc: 'service',
  configmap: 'configmap', configmaps: 'configmap', cm: 'configmap',
  node: 'node', nodes: 'node', no: 'node',
  client: 'client',
  link: 'link',
  coredns: 'coredns',
  nodelocal: 'nodelocal',
} as const

export type ReferenceKind = (typeof KINDS)[keyof typeof KINDS]

/**
 * A thing that the scenario points at: `deployment/redis`, `pod/snackbar/order-0`, `node/node-2`, `client/laptop`,
 * `link/node-1` (that node's cable), `coredns` (every replica), `nodelocal/node-2`.
 * `namespace` is '' for what has none, and until `loadInput` fills in the default.
 */
export interface Reference {
  kind: ReferenceKind
  namespace: string
  /** '' stands for all of that kind, where a bare word is allowed. */
  name: string
}

const CLUSTER_WIDE: ReadonlySet<ReferenceKind> = new Set(['node', 'client', 'link', 'coredns', 'nodelocal'])
const BARE: ReadonlySet<ReferenceKind> = new Set(['coredns', 'nodelocal'])

export function isNamespaced(kind: ReferenceKind): boolean {
  return !CLUSTER_WIDE.has(kind)
}

const KUBERNETES_KINDS: Partial<Record<ReferenceKind, string>> = {
  pod: 'Pod', deployment: 'Deployment', replicaset: 'ReplicaSet', statefulset: 'StatefulSet', daemonset: 'DaemonSet', service: 'Service', configmap: 'ConfigMap', node: 'Node',
}

/** The kind as Kubernetes spells it; what is no object of Kubernetes keeps our own word. */
export function kubernetesKind(kind: ReferenceKind): string {
  return KUBERNETES_KINDS[kind] ?? kind
}

/** kubectl's word or short name to the one that we keep; undefined if it is neither. */
function referenceKind(word: string): ReferenceKind | undefined {
  const lower = word.toLowerCase()
  return Object.hasOwn(KINDS, lower) ? KINDS[lower as keyof typeof KINDS] : undefined
}

/** `KIND/NAME` or `KIND/NAMESPACE/NAME`; undefined if it is neither. */
export function parseReference(text: string): Reference | undefined {
  const [word = '', ...path] = text.split('/')
  const kind = referenceKind(word)
  if (kind === undefined || path.some((part) => !isName(part))) return undefined
  if (path.length === 0) return BARE.has(kind) ? { kind, namespace: '', name: '' } : undefined
  if (path.length > (isNamespaced(kind) ? 2 : 1)) return undefined
  return { kind, namespace: path.length === 2 ? (path[0] ?? '') : '', name: path.at(-1) ?? '' }
}

export function formatReference({ kind, namespace, name }: Reference): string {
  return [kind, namespace, name].filter((part) => part !== '').join('/')
}

/** A DNS subdomain (RFC 1123), as Kubernetes wants the names of objects. */
export function isName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text)
}

/** The references whose kind is one of these. */
export function referenceTo(...kinds: ReferenceKind[]): Written<Reference> {
  return {
    what: `a reference to a ${kinds.join(', ')}`,
    rule: 'KIND/NAME or KIND/NAMESPACE/NAME',
    examples: kinds.slice(0, 2).map((kind) => (BARE.has(kind) ? kind : `${kind}/${kind === 'node' || kind === 'link' ? 'node-1' : 'web'}`)),
    parse: (text) => {
      const reference = parseReference(text)
      return reference !== undefined && kinds.includes(reference.kind) ? reference : undefined
    },
  }
}
