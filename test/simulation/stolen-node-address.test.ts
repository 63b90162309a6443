import { readFileSync } from 'node:fs'
import { assert, suite } from '../kit.ts'
import { probe } from '../../src/simulation/probe-words.ts'

/** reference/ipvs-outcomes.md 4.1: an external IP that is another node's address, here node-c's. */
const stolen = suite("an external IP that is another node's address")

const SERVICE = `
---
apiVersion: v1
kind: Service
metadata: {name: thief, namespace: default}
spec: {type: ClusterIP, clusterIP: 10.96.77.1, externalIPs: [172.18.0.4], ports: [{port: 8099, targetPort: 8080}], selector: {app: nobody}}
`
const OBJECTS = readFileSync('test/vectors/lab-objects.yaml', 'utf8') + SERVICE

function ask(mode: 'iptables' | 'ipvs', from: string, to: string, settings: Record<string, unknown> = {}) {
  return probe(OBJECTS, { from, to, mode, count: 12, set: settings })
}

stolen('ipvs mode: the real node reaches no pod of the others, whose kernels take it for themselves', () => {
  assert.equal(ask('ipvs', 'node/node-c', 'tcp://10.244.1.11:8080').failures, { timeout: 12 })
})

stolen('strictARP does not help against that', () => {
  assert.equal(ask('ipvs', 'node/node-c', 'tcp://10.244.1.11:8080', { 'proxy.ipvs.strictARP': true }).failures, { timeout: 12 })
})

stolen('iptables mode has no such effect', () => {
  assert.is(ask('iptables', 'node/node-c', 'tcp://10.244.1.11:8080').ok, 12)
  assert.is(ask('iptables', 'client/client', 'tcp://172.18.0.4:30080').ok, 12)
})

stolen('who asks for the address gets whoever answers first: some of its connections fail', () => {
  const failed = ['1', '2', '3', '4'].map((seed) => probe(OBJECTS, { from: 'client/client', to: 'tcp://172.18.0.4:30080', mode: 'ipvs', count: 12, seed })).map(({ attempts, ok }) => attempts - ok)
  assert.ok(failed.every((count) => count > 0), failed.join())
})

stolen.run()
