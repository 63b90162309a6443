import type { Pod } from '../../src/cluster/api/object.ts'
import { addressOf } from '../../src/kernel/address.ts'
import { readInput } from '../../src/simulation/read-input.ts'
import { World } from '../../src/simulation/world.ts'
import type { TcpHandler } from '../../src/socket/tcp/socket.ts'
import type { Ask } from '../../src/traffic/message.ts'
import { benchObjects } from '../cluster.ts'
import { collectGarbage, type Options, type Sample } from '../sample.ts'
import { CLUSTER } from './traffic.ts'

const ASK: Ask = { responseBytes: 1024 }

/** C7: what a live keep-alive connection through a ClusterIP holds after its first request: both sockets, both nodes' conntrack entries. */
export function memory(options: Options): Sample {
  const connections = Number(options['connections'] ?? 40_000)
  const world = new World(readInput({ given: benchObjects({ ...CLUSTER, services: 10 }) }))
  const { store } = world.cluster
  const stacks = store.list('Pod').filter(isClient).map((pod) => world.pods.stackOf(pod))
  const destination = addressOf(store.get('Service', 'default', 'called')?.spec.clusterIP ?? '')
  let answered = 0
  const handler: TcpHandler = {
    onConnected: (socket) => socket.send(128, ASK),
    onMessage: () => answered++,
    onError: (_, error) => {
      throw new Error(`a connection was lost: ${error.errno}`)
    },
  }
  const open = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      stacks[i % stacks.length]?.connect({ destination, port: 80, handler })
      world.agenda.run(world.now + 10_000)
    }
    world.agenda.run(world.now + 1e9)
  }
  // The first ones make what is there once.
  open(0, 1000)
  const before = held()
  open(1000, 1000 + connections)
  if (answered !== 1000 + connections) throw new Error(`only ${answered} of ${1000 + connections} connections were answered`)
  return { connections, bytes_per_connection: (held() - before) / connections, rss_mib: process.resourceUsage().maxRSS / 1024 }
}

function isClient(pod: Pod): boolean {
  return pod.metadata.labels?.['app'] === 'client'
}

/** Bytes that the program holds, on V8's heap and in typed arrays. */
function held(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
