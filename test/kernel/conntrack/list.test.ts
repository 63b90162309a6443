import { readFileSync } from 'node:fs'
import seedrandom from 'seedrandom'
import { listConntrack } from '../../../src/kernel/conntrack/list.ts'
import { ConntrackTable } from '../../../src/kernel/conntrack/table.ts'
import { Nat } from '../../../src/kernel/nat/nat.ts'
import { POST_ROUTING, PRE_ROUTING } from '../../../src/kernel/netfilter.ts'
import { CT_NONE, type Packet } from '../../../src/kernel/packet.ts'
import { kernelVersion } from '../../../src/kernel/version.ts'
import { assert, suite } from '../../kit.ts'
import { conversation, datagram, SECOND, end, type End } from './packets.ts'

const list = suite('conntrack -L')

/** What kernel 6.18 printed after single connections (the samples' header says where). */
const SAMPLES = readFileSync('test/vectors/conntrack-samples.txt', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('node-'))
  .map((line) => line.replace(/^node-\w: /, ''))

const SECONDS: Readonly<Record<string, number>> = { SYN_SENT: 120, SYN_RECV: 60, TIME_WAIT: 120, udp: 30 }
const SEGMENTS: Readonly<Record<string, number>> = { SYN_SENT: 1, SYN_RECV: 2, TIME_WAIT: 10 }

interface Sample {
  protocol: string
  state: string
  age: number
  client: End
  service: End
  backend: End
  masqueraded: End
}

function parse(line: string): Sample {
  const numbers = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)]
  const [original, reply] = numbers
  const [protocol = '', , seconds = '', word = ''] = line.split(/\s+/)
  const state = protocol === 'tcp' ? word : 'udp'
  return {
    protocol,
    state,
    age: (SECONDS[state] ?? 0) - Number(seconds),
    client: end(`${original?.[1]}:${original?.[3]}`),
    service: end(`${original?.[2]}:${original?.[4]}`),
    backend: end(`${reply?.[1]}:${reply?.[3]}`),
    masqueraded: end(`${reply?.[2]}:${reply?.[4]}`),
  }
}

/** The packets of such a connection as they arrive at the machine, before NAT: answers come from the backend. */
function packetsOf(sample: Sample): Packet[] {
  const { client, service, backend, masqueraded } = sample
  if (sample.protocol === 'udp') return [datagram(client, service), datagram(backend, masqueraded)]
  return conversation(client, service)
    .slice(0, SEGMENTS[sample.state])
    .map((packet) => {
      if (packet.source !== service.address || packet.sourcePort !== service.port) return packet
      packet.source = backend.address
      packet.sourcePort = backend.port
      packet.destination = masqueraded.address
      packet.destinationPort = masqueraded.port
      return packet
    })
}

function range(to: End): { addresses: { from: number; to: number }; ports: { from: number; to: number } } {
  return { addresses: { from: to.address, to: to.address }, ports: { from: to.port, to: to.port } }
}

for (const [index, line] of SAMPLES.entries()) {
  list(`prints sample ${index + 1}: ${line.slice(0, 60)}`, () => {
    const table = new ConntrackTable({ kernel: kernelVersion('6.18') })
    const nat = new Nat(table, seedrandom.alea('list'))
    const sample = parse(line)
    const isMasqueraded = sample.client.address !== sample.masqueraded.address || sample.client.port !== sample.masqueraded.port
    for (const packet of packetsOf(sample)) {
      packet.ctState = CT_NONE
      table.track(packet, 0, 0)
      if (nat.needsSetup(packet, PRE_ROUTING)) nat.setup(packet, PRE_ROUTING, range(sample.backend), 0, 0)
      nat.translate(packet, PRE_ROUTING)
      if (nat.needsSetup(packet, POST_ROUTING)) nat.setup(packet, POST_ROUTING, isMasqueraded ? range(sample.masqueraded) : null, 0, 0)
      nat.translate(packet, POST_ROUTING)
      table.confirm(packet, 0, 0)
    }
    assert.equal(listConntrack(table, (sample.age - 0.5) * SECOND), [line])
  })
}

list.run()
