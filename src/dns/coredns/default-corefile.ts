/** The Corefiles that a cluster has without anybody's doing. */

/** kubeadm's (cmd/kubeadm/app/phases/addons/dns/manifests.go of 1.34): its cache leaves the cluster's zone alone. */
export function kubeadmCorefile(zone: string): string {
  return `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${zone} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${zone}
       disable denial ${zone}
    }
    loop
    reload
    loadbalance
}
`
}

/** kubernetes/cluster/addons/dns/nodelocaldns/nodelocaldns.yaml, its placeholders filled in. */
export function nodeLocalCorefile(zone: string, listen: readonly string[], clusterDns: string, upstreams: readonly string[]): string {
  const bind = `bind ${listen.join(' ')}`
  const toCluster = (name: string, cache: string, health: string): string => `${name}:53 {
    errors
    ${cache}
    reload
    loop
    ${bind}
    forward . ${clusterDns} {
            force_tcp
    }
    prometheus :9253${health}
    }
`
  return [
    toCluster(zone, 'cache {\n            success 9984 30\n            denial 9984 5\n    }', `\n    health ${listen[0] ?? ''}:8080`),
    toCluster('in-addr.arpa', 'cache 30', ''),
    toCluster('ip6.arpa', 'cache 30', ''),
    `.:53 {
    errors
    cache 30
    reload
    loop
    ${bind}
    forward . ${upstreams.join(' ')}
    prometheus :9253
    }
`,
  ].join('')
}
