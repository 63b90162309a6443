import { assert, suite } from '../kit.ts'
import { loadInput } from '../../src/scenario/load.ts'

const pools = suite('pools of MetalLB')

const POOL = 'apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: lan, namespace: metallb-system}\nspec: {addresses: [192.0.2.0/24]}\n'

function notes(advertisement: string): string[] {
  return loadInput({ given: `${POOL}---\n${advertisement}` }).complaints.map(({ message }) => message)
}

function advertisement(kind: string, spec: string): string {
  return `apiVersion: metallb.io/v1beta1\nkind: ${kind}\nmetadata: {name: lan, namespace: metallb-system}\nspec: ${spec}\n`
}

pools('a pool that nothing advertises is pointed out', () => {
  for (const other of ['', advertisement('L2Advertisement', '{ipAddressPools: [another]}')]) {
    assert.equal(notes(other), ['IPAddressPool lan is in no L2Advertisement: its addresses are given out, but nobody answers for them'])
  }
})

pools('an advertisement covers the pools that it names or selects, and all where it names none', () => {
  for (const spec of ['{}', '{ipAddressPools: [lan]}', '{ipAddressPoolSelectors: [{matchLabels: {a: b}}]}']) assert.equal(notes(advertisement('L2Advertisement', spec)), [])
  assert.equal(notes(advertisement('BGPAdvertisement', '{ipAddressPools: [lan], localPref: 100}')), [])
})

pools('the old ConfigMap may say bgp', () => {
  const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config, namespace: metallb-system}\ndata:\n  config: |\n    address-pools:\n    - {name: far, protocol: bgp, addresses: [192.0.2.0/24]}\n'
  const { objects } = loadInput({ given: config })
  assert.equal(objects.map(({ kind, metadata }) => [kind, metadata.name]), [['IPAddressPool', 'far'], ['BGPAdvertisement', 'far']])
})

pools.run()
