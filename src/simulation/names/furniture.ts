import type { KubeObject } from '../../cluster/api/object.ts'
import { kubeadmCorefile } from '../../dns/coredns/default-corefile.ts'
import type { Scenario } from '../../scenario/schema/scenario.ts'

export const DNS_NAMESPACE = 'kube-system'
export const DNS_SERVICE = 'kube-dns'
/** The second Service in front of CoreDNS, for NodeLocal DNSCache alone: nobody listens on its address on the nodes. */
export const UPSTREAM_SERVICE = 'kube-dns-upstream'
export const COREFILE_CONFIG_MAP = 'coredns'

/** NodeLocal DNSCache as nodelocaldns.yaml calls it: its DaemonSet, that one's pods by their label, its ConfigMap. */
export const NODE_CACHE_NAME = 'node-local-dns'

/** The DaemonSet of NodeLocal DNSCache: with it among the objects, the cluster has it. */
function isNodeCache({ kind, metadata }: KubeObject): boolean {
  return kind === 'DaemonSet' && metadata?.name === NODE_CACHE_NAME && metadata.namespace === DNS_NAMESPACE
}

const LABELS = { 'k8s-app': 'kube-dns' }
const IMAGE = 'registry.k8s.io/coredns/coredns:v1.13.1'

/**
 * What kubeadm (and nodelocaldns.yaml) put into a cluster for its names, as far as the documents do not say. A dump of a
 * live cluster is complete: what it has not, the cluster had not.
 */
export function dnsFurniture(documents: readonly KubeObject[], scenario: Scenario): KubeObject[] {
  const has = (kind: string, name: string) => documents.some((document) => document.kind === kind && document.metadata?.name === name && document.metadata.namespace === DNS_NAMESPACE)
  const isDump = documents.some(({ kind, status }) => kind === 'Service' && status !== undefined)
  const hasDns = has('Service', DNS_SERVICE) || has('Deployment', 'coredns')
  const made: KubeObject[] = []
  if (!isDump && !hasDns) made.push(deployment(scenario.dns.replicas), service(DNS_SERVICE))
  if (!has('ConfigMap', COREFILE_CONFIG_MAP)) made.push(configMap(scenario.cluster.clusterDomain))
  const hasNodeCache = scenario.dns.nodelocal || documents.some(isNodeCache)
  if (hasNodeCache && !has('Service', UPSTREAM_SERVICE)) made.push(service(UPSTREAM_SERVICE))
  return made
}

function deployment(replicas: number): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'coredns', namespace: DNS_NAMESPACE, labels: LABELS },
    spec: {
      replicas,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          dnsPolicy: 'Default',
          containers: [
            {
              name: 'coredns',
              image: IMAGE,
              ports: [
                { name: 'dns', containerPort: 53, protocol: 'UDP' },
                { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
                { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
                { name: 'liveness-probe', containerPort: 8080, protocol: 'TCP' },
                { name: 'readiness-probe', containerPort: 8181, protocol: 'TCP' },
              ],
            },
          ],
        },
      },
    },
  }
}

function service(name: string): KubeObject {
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
    { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
  ]
  const metrics = { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: DNS_NAMESPACE, labels: LABELS },
    spec: { selector: LABELS, ports: name === DNS_SERVICE ? [...ports, metrics] : ports },
  }
}

function configMap(zone: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: COREFILE_CONFIG_MAP, namespace: DNS_NAMESPACE }, data: { Corefile: kubeadmCorefile(zone) } }
}
