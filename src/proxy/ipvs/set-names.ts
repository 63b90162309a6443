import type { SetType } from '../../kernel/ipset/types.ts'

/** kube-proxy's ipsets with their types, in the order in which it makes them, and what its rules say about them (pkg/proxy/ipvs/ipset.go, proxier.go). */
export const SETS = {
  'KUBE-LOOP-BACK': ['hash:ip,port,ip', 'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose'],
  'KUBE-CLUSTER-IP': ['hash:ip,port', 'Kubernetes service cluster ip + port for masquerade purpose'],
  'KUBE-EXTERNAL-IP': ['hash:ip,port', 'Kubernetes service external ip + port for masquerade and filter purpose'],
  'KUBE-EXTERNAL-IP-LOCAL': ['hash:ip,port', 'Kubernetes service external ip + port with externalTrafficPolicy=local'],
  'KUBE-LOAD-BALANCER': ['hash:ip,port', 'Kubernetes service lb portal'],
  'KUBE-LOAD-BALANCER-FW': ['hash:ip,port', 'Kubernetes service load balancer ip + port for load balancer with sourceRange'],
  'KUBE-LOAD-BALANCER-LOCAL': ['hash:ip,port', 'Kubernetes service load balancer ip + port with externalTrafficPolicy=local'],
  'KUBE-LOAD-BALANCER-SOURCE-IP': ['hash:ip,port,ip', 'Kubernetes service load balancer ip + port + source IP for packet filter purpose'],
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': ['hash:ip,port,net', 'Kubernetes service load balancer ip + port + source cidr for packet filter purpose'],
  'KUBE-NODE-PORT-TCP': ['bitmap:port', 'Kubernetes nodeport TCP port for masquerade purpose'],
  'KUBE-NODE-PORT-LOCAL-TCP': ['bitmap:port', 'Kubernetes nodeport TCP port with externalTrafficPolicy=local'],
  'KUBE-NODE-PORT-UDP': ['bitmap:port', 'Kubernetes nodeport UDP port for masquerade purpose'],
  'KUBE-NODE-PORT-LOCAL-UDP': ['bitmap:port', 'Kubernetes nodeport UDP port with externalTrafficPolicy=local'],
  'KUBE-NODE-PORT-SCTP-HASH': ['hash:ip,port', "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'"],
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': ['hash:ip,port', "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'"],
  'KUBE-HEALTH-CHECK-NODE-PORT': ['bitmap:port', 'Kubernetes health check node port'],
  'KUBE-IPVS-IPS': ['hash:ip', 'Virtual IP addresses of IPVS services'],
} as const satisfies Record<string, readonly [type: SetType, comment: string]>

export type SetName = keyof typeof SETS

export const SET_NAMES = Object.keys(SETS) as readonly SetName[]

export function isSetName(name: string): name is SetName {
  return Object.hasOwn(SETS, name)
}
