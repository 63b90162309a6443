import { impliedNodes } from './implied-nodes.ts'
import { nodeDocuments } from './nodes.ts'
import type { KubeObject } from './object.ts'

const DEFAULT_NODES = 3
const STANDARD_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']

/** The API server of a cluster in the making has only its own Service. */
const KUBERNETES_SERVICE: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: { ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
}

/** What a cluster has before anybody puts something into it, as far as the documents do not say. */
export function furniture(documents: readonly KubeObject[], { nodes: count = DEFAULT_NODES, zones = [] }: { nodes?: number; zones?: readonly string[] }): KubeObject[] {
  const has = (kind: string) => documents.some((document) => document.kind === kind)
  const implied = impliedNodes(documents)
  const nodes = has('Node') || implied.length > 0 ? implied : nodeDocuments(count, zones)
  // A Service with a status comes out of a live cluster: what is not in its dump was not there.
  const isDump = documents.some(({ kind, status }) => kind === 'Service' && status !== undefined)
  const known = new Set(documents.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata?.name))
  const used = new Set(documents.flatMap(({ metadata }) => metadata?.namespace ?? []))
  const namespaces = [...new Set([...(isDump ? [] : STANDARD_NAMESPACES), ...used])].filter((name) => !known.has(name))
  const hasKubernetes = documents.some(({ kind, metadata }) => kind === 'Service' && metadata?.name === 'kubernetes' && (metadata.namespace ?? 'default') === 'default')
  return [
    ...nodes,
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...(isDump || hasKubernetes ? [] : [KUBERNETES_SERVICE]),
  ]
}
