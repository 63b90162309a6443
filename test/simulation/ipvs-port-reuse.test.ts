import { readFileSync } from 'node:fs'
import { readInput } from '../../src/simulation/read-input.ts'
import { probeIn } from '../../src/simulation/probe.ts'
import { readProbe } from '../../src/simulation/probe-words.ts'
import { World } from '../../src/simulation/world.ts'
import { assert, suite } from '../kit.ts'

const reuse = suite('a source port used again in ipvs mode')

const LAB = readFileSync('test/vectors/lab-objects.yaml', 'utf8')
/** Service x-etp-one: externalTrafficPolicy Local, its one endpoint on node-b. node-a's own processes reach it at either node's address. */
const AT_NODE_A = 'tcp://172.18.0.2:31052'
const AT_NODE_B = 'tcp://172.18.0.3:31052'

/** Asks from node-a, always from the same port, at node-b and so much later at node-a; how the second attempt fails. */
function failuresAfter(pause: number, mode: string): Record<string, number> {
  const input = readInput({ given: LAB, settings: [{ path: 'mode', value: mode }] })
  const world = new World(input)
  const ask = (to: string) => probeIn(world, readProbe({ from: 'node/node-a', to, sourcePort: 40_000 }, input))
  assert.is(ask(AT_NODE_B).ok, 1)
  world.agenda.run(world.now + pause)
  return ask(AT_NODE_A).failures
}

/*
 * The first connection is balanced on node-b, whose IPVS keeps its entry 120 s in TIME_WAIT. The second is balanced on node-a and passes
 * node-b on its way to the same pod. There connection tracking finds the reply's tuple taken and gives the SYN another source port; what
 * comes back is given its own again in PREROUTING, so that ip_vs_out() in FORWARD finds the entry of the first connection for it and puts
 * 172.18.0.3:31052 into its source (net/netfilter/ipvs/ip_vs_core.c, ip_vs_out_hook: any entry with that client, server and protocol is
 * taken, whichever its state). The caller awaits 172.18.0.2 and resets.
 */
reuse('meets the old connection on the pod’s node, if it asks at another address of the Service within IPVS’s TIME_WAIT', () => {
  assert.equal(failuresAfter(1e9, 'ipvs'), { timeout: 1 })
  assert.equal(failuresAfter(119e9, 'ipvs'), { timeout: 1 })
})

reuse('meets nothing when the entry is gone, nor where nobody but connection tracking remembers', () => {
  assert.equal(failuresAfter(125e9, 'ipvs'), {})
  assert.equal(failuresAfter(1e9, 'iptables'), {})
  assert.equal(failuresAfter(1e9, 'nftables'), {})
})

reuse.run()
