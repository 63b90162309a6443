import { readFileSync } from 'node:fs'
import { assert, test } from '../../kit.ts'
import { addressOf } from '../../../src/kernel/address.ts'
import { Ipvs } from '../../../src/kernel/ipvs/ipvs.ts'
import { printConnections, printServices, printStatistics } from '../../../src/kernel/ipvs/print.ts'
import { parseIpvsadmSave, printIpvsadmSave } from '../../../src/kernel/ipvs/save.ts'
import { kernelDefaults } from '../../../src/kernel/ipvs/settings.ts'
import type { Destination } from '../../../src/kernel/ipvs/destination.ts'
import type { VirtualService } from '../../../src/kernel/ipvs/virtual-service.ts'
import { newPacket, RST, SYN, TCP, UDP } from '../../../src/kernel/packet.ts'

const samples = new Map<string, string>()
for (const part of readFileSync('test/vectors/ipvs-output-samples.txt', 'utf8').split(/^### /m).slice(1)) {
  const [title = '', command = '', ...lines] = part.split('\n')
  samples.set(`${title} ${command}`, `${lines.join('\n').trimEnd()}\n`)
}

function sample(command: string): string {
  const text = samples.get(`${command} $ ${command}`)
  if (text === undefined) throw new Error(`no sample of ${command}`)
  return text
}

/** An IPVS as the recorded dump restores it. */
function restored(save: string): Ipvs {
  const ipvs = new Ipvs(kernelDefaults(), { isConfirmed: () => false, alterReply: () => {}, drop: () => {} })
  const { servers, complaints } = parseIpvsadmSave(save)
  assert.equal(complaints, [])
  for (const server of servers) ipvs.services.add(server)
  return ipvs
}

/** Gives each real server what the recorded listing says of it. */
function fill(ipvs: Ipvs, listing: string, read: (server: Destination, words: string[]) => void, readService: (service: VirtualService, words: string[]) => void): void {
  let service: VirtualService | undefined
  for (const line of listing.split('\n').slice(3)) {
    const words = line.trim().split(/\s+/)
    const [address = '', port] = (words[1] ?? '').split(':')
    if (words[0] === '->') {
      const server = service?.find(addressOf(address), Number(port))
      if (server !== undefined) read(server, words.slice(2))
    } else if (address !== '') {
      service = ipvs.services.get({ protocol: words[0] === 'TCP' ? TCP : UDP, address: addressOf(address), port: Number(port) })
      readService(service, words.slice(2))
    }
  }
}

test('ipvsadm -Ln prints as recorded', () => {
  const ipvs = restored(sample('ipvsadm -Sn'))
  const listing = sample('ipvsadm -Ln')
  fill(ipvs, listing, (server, words) => Object.assign(server, { active: Number(words[2]), inactive: Number(words[3]) }), () => {})
  assert.is(printServices(ipvs.services.all()).trimEnd(), listing.trimEnd())
})

test('ipvsadm -Ln --stats prints as recorded', () => {
  const ipvs = restored(sample('ipvsadm -Sn'))
  const listing = samples.get('stats after 6 s $ ipvsadm -Ln --stats') ?? ''
  const read = (of: Destination | VirtualService, words: string[]) => {
    const [connections = 0, packetsIn = 0, packetsOut = 0, bytesIn = 0, bytesOut = 0] = words.map(Number)
    Object.assign(of.counters, { connections, packetsIn, packetsOut, bytesIn, bytesOut })
  }
  fill(ipvs, listing, read, read)
  assert.is(printStatistics(ipvs.services.all()).trimEnd(), listing.trimEnd())
})

test('ipvsadm -Sn prints what was read', () => {
  assert.is(printIpvsadmSave(restored(sample('ipvsadm -Sn')).services.all()), sample('ipvsadm -Sn'))
})

test('ipvsadm -Lnc prints connections and templates with the time they have left', () => {
  const ipvs = restored('-A -t 10.96.9.91:80 -s rr -p 10800\n-a -t 10.96.9.91:80 -r 10.2.2.2:8080 -m\n-A -u 10.96.9.90:53 -s rr\n-a -u 10.96.9.90:53 -r 10.2.1.2:8080 -m\n')
  const client = { source: addressOf('10.1.0.1') }
  const [vip, dns] = [addressOf('10.96.9.91'), addressOf('10.96.9.90')]
  ipvs.local(Object.assign(newPacket(), client, { protocol: TCP, tcpFlags: SYN, sourcePort: 46956, destination: vip, destinationPort: 80 }), 0)
  ipvs.forward(Object.assign(newPacket(), { protocol: TCP, tcpFlags: SYN, source: addressOf('10.2.2.2'), sourcePort: 8080, destination: client.source, destinationPort: 46956 }), 0)
  ipvs.local(Object.assign(newPacket(), client, { protocol: TCP, tcpFlags: 0x10, sourcePort: 46956, destination: vip, destinationPort: 80 }), 0)
  ipvs.local(Object.assign(newPacket(), client, { protocol: UDP, sourcePort: 57240, destination: dns, destinationPort: 53 }), 0)
  assert.is(
    printConnections(ipvs.connections, 1e8),
    'IPVS connection entries\n' +
      'pro expire state       source             virtual            destination\n' +
      'TCP 179:59 ASSURED     10.1.0.1:0         10.96.9.91:80      10.2.2.2:8080\n' +
      'TCP 14:59  ESTABLISHED 10.1.0.1:46956     10.96.9.91:80      10.2.2.2:8080\n' +
      'UDP 04:59  UDP         10.1.0.1:57240     10.96.9.90:53      10.2.1.2:8080\n',
  )
  ipvs.local(Object.assign(newPacket(), client, { protocol: TCP, tcpFlags: RST, sourcePort: 46956, destination: vip, destinationPort: 80 }), 2e8)
  assert.match(printConnections(ipvs.connections, 2e8), /^TCP 00:10 {2}CLOSE {7}10\.1\.0\.1:46956/m)
})

test('the statistics count IP packets: a handshake and a datagram weigh what the kernel recorded', () => {
  const ipvs = restored('-A -t 10.96.9.91:80 -s rr\n-a -t 10.96.9.91:80 -r 10.2.2.2:8080 -m\n-A -u 10.96.9.90:53 -s rr\n-a -u 10.96.9.90:53 -r 10.2.1.2:8080 -m\n')
  const [client, vip, dns] = [addressOf('10.1.0.1'), addressOf('10.96.9.91'), addressOf('10.96.9.90')]
  for (const tcpFlags of [SYN, 0x10]) ipvs.local(Object.assign(newPacket(), { protocol: TCP, tcpFlags, source: client, sourcePort: 1, destination: vip, destinationPort: 80 }), 0)
  ipvs.forward(Object.assign(newPacket(), { protocol: TCP, tcpFlags: SYN | 0x10, source: addressOf('10.2.2.2'), sourcePort: 8080, destination: client, destinationPort: 1 }), 0)
  ipvs.local(Object.assign(newPacket(), { protocol: UDP, source: client, sourcePort: 1, destination: dns, destinationPort: 53, length: 1 }), 0)
  const text = printStatistics(ipvs.services.all())
  assert.match(text, /^TCP {2}10\.96\.9\.91:80 +1 +2 +1 +112 +60$/m)
  assert.match(text, /^ {2}-> 10\.2\.1\.2:8080 +1 +1 +0 +29 +0$/m)
})

test('a dump is read as ipvsadm -R would: the last server of a service stands first in the kernel\'s list', () => {
  const [server] = parseIpvsadmSave('-A -t 10.96.0.1:80 -s rr\n-a -t 10.96.0.1:80 -r 10.2.1.2:80 -m -w 1\n-a -t 10.96.0.1:80 -r 10.2.2.2:80 -m -w 2\n').servers
  assert.equal(server?.servers.map((s) => s.weight), [2, 1])
})

test('what is not understood is named with its line', () => {
  const cases: [string, RegExp][] = [
    ['what is this', /must be that of ipvsadm/],
    ['-A -f 7 -s rr', /firewall mark/],
    ['-A -t 10.96.0.1:http -s rr', /save with ipvsadm -Sn/],
    ['-A -t 10.96.0.1:80 -s twos', /scheduler twos is not modelled/],
    ['-a -t 10.96.0.1:80 -r 10.2.1.2:80 -m', /No such service/],
    ['-A -t 10.96.0.1:80 -s', /needs a value/],
    ['-A -t 10.96.0.1:80 -s rr\n-a -t 10.96.0.1:80 -r 10.2.1.2:80 -g', /direct routing/],
    ['-A -t 10.96.0.1:80 -s rr\n-A -t 10.96.0.1:80 -s rr', /Service already exists/],
    ['-A -t 10.96.0.1:80 -s rr\n-a -t 10.96.0.1:80 -r 10.2.1.2:80 -m -w x', /x is not a weight/],
  ]
  for (const [text, message] of cases) {
    const { complaints } = parseIpvsadmSave(text)
    assert.is(complaints.length, 1, text)
    assert.match(complaints[0]?.message ?? '', message)
    assert.is(complaints[0]?.line, text.split('\n').length)
  }
})

test('a list of ipvsadm -Ln is read as the dump that it was made from', () => {
  const list = 'IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\nTCP  10.96.0.1:80 rr persistent 10800\n  -> 10.2.1.2:80                  Masq    1      0          0         \n'
  const dump = '-A -t 10.96.0.1:80 -s rr -p 10800\n-a -t 10.96.0.1:80 -r 10.2.1.2:80 -m -w 1\n'
  assert.equal(parseIpvsadmSave(list).complaints, [])
  assert.is(JSON.stringify(parseIpvsadmSave(list).servers), JSON.stringify(parseIpvsadmSave(dump).servers))
})

test.run()
