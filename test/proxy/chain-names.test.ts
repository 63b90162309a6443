import { endpointChainName, servicePortHash, shortHash } from '../../src/proxy/chain-names.ts'
import { servicePortsOf } from '../../src/proxy/service-port.ts'
import { assert, suite } from '../kit.ts'
import { service, slice } from './objects.ts'

const names = suite('chain names')

// Names in kube-proxy's own test fixtures and on every cluster.
const KNOWN: readonly (readonly [string, string])[] = [
  ['ns1/svc1:p80tcp', 'XPGD46QRK7WJZT7O'],
  ['ns1/svc1:p80tcp10.180.0.1:80', 'SXIVWICOYRO3J4NJ'],
  ['ns2/svc2:p80tcp', 'GNZBNJ2PO5MGZ6GT'],
  ['ns2/svc2:p80tcp10.180.0.2:80', 'RS4RBKLTHTF2IUXJ'],
  ['ns3/svc3:p80tcp', 'X27LE4BHSL4DOUIK'],
  ['ns3/svc3:p80tcp10.180.0.3:80', 'OYPFS5VJICHGATKP'],
  ['ns4/svc4:p80tcp', '4SW47YFZTEDKD3PK'],
  ['ns4/svc4:p80tcp10.180.0.4:80', 'UKSFD7AGPMPPLUHC'],
  ['ns4/svc4:p80tcp10.180.0.5:80', 'C6EBXVWJJZMIWKLZ'],
  ['ns5/svc5:p80tcp', 'NUKIZ6OKUXPJNT4C'],
  ['default/kubernetes:httpstcp', 'NPX46M4PTMTKRN6Y'],
  ['kube-system/kube-dns:dnsudp', 'TCOU7JCQXEZGVUNU'],
  ['kube-system/kube-dns:dns-tcptcp', 'ERIFXISQEP7F7OF4'],
  ['kube-system/kube-dns:metricstcp', 'JD5MR3NA4I4DYORP'],
  ['default/nginxtcp', '2CMXP7HKUVJN7L6M'],
]

names('hashes are those of real clusters', () => {
  for (const [text, hash] of KNOWN) assert.is(shortHash(text, 16), hash, text)
  assert.is(shortHash('ns1/svc1/tcp/p80', 8), 'ULMVA6XW')
})

names('a service-port is hashed with its protocol in lower case, an endpoint with its address and port too', () => {
  const dns = service('kube-system/kube-dns', '10.96.0.10', { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] })
  const [port] = servicePortsOf(dns, [])
  assert.is(port && servicePortHash(port), 'TCOU7JCQXEZGVUNU')

  const one = service('ns1/svc1', '10.96.0.1', { ports: [{ name: 'p80', port: 80 }] })
  const [served] = servicePortsOf(one, [slice('ns1/svc1', ['10.180.0.1'], { name: 'p80', port: 80 })])
  const [endpoint] = served?.endpoints ?? []
  assert.is(served && endpoint && endpointChainName(served, endpoint), 'KUBE-SEP-SXIVWICOYRO3J4NJ')
})

names.run()
