import { conditions, metadata } from './metadata.ts'
import { clusterIP, count, flag, ip, ipOrEmpty, labelValue, looseCidr, nodePort, oneOf, port, portName, portOrName, protocol, text } from './rules.ts'
import { list, map, object, type Shape } from './shape.ts'

const servicePort = object({ 'port!': port, targetPort: portOrName, nodePort, name: portName, protocol, appProtocol: text })

export const service: Shape = object(
  {
    'metadata!': metadata,
    'spec!': object(
      {
        type: oneOf('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
        selector: map(labelValue),
        ports: list(servicePort),
        clusterIP,
        clusterIPs: list(clusterIP),
        externalIPs: list(ip),
        externalName: text,
        externalTrafficPolicy: oneOf('Cluster', 'Local', ''),
        internalTrafficPolicy: oneOf('Cluster', 'Local'),
        trafficDistribution: oneOf('PreferClose', 'PreferSameZone', 'PreferSameNode'),
        sessionAffinity: oneOf('None', 'ClientIP', ''),
        sessionAffinityConfig: object({ clientIP: object({ timeoutSeconds: count(1, 86400) }) }),
        loadBalancerIP: ipOrEmpty,
        loadBalancerSourceRanges: list(looseCidr),
        loadBalancerClass: text,
        allocateLoadBalancerNodePorts: flag,
        healthCheckNodePort: nodePort,
        publishNotReadyAddresses: flag,
        ipFamilies: list(oneOf('IPv4', 'IPv6')),
      },
      'ipFamilyPolicy topologyKeys ipFamily sessionAffinityTimeout',
    ),
    status: object({ conditions, loadBalancer: object({ ingress: list(object({ ip, hostname: text, ipMode: oneOf('VIP', 'Proxy') }, 'ports')) }) }),
  },
  'apiVersion kind',
)
