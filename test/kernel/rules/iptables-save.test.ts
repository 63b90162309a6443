import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { parseIptablesSave } from '../../../src/kernel/rules/iptables-save/parse.ts'
import { printRule, printRuleset } from '../../../src/kernel/rules/iptables-save/print.ts'
import type { Match, Rule } from '../../../src/kernel/rules/rule.ts'
import { assert, suite } from '../../kit.ts'

const text = suite('iptables-save')

const FRAME = ':PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:C - [0:0]'

/** One rule in a table of its own: what it prints as, and what was said about it. */
function through(rule: string, table = 'filter'): { printed: string | undefined; complaints: string[] } {
  const parsed = parseIptablesSave(`*${table}\n${FRAME}\n${rule}\nCOMMIT\n`)
  return { printed: [...printRuleset(parsed)].find((line) => line.startsWith('-A')), complaints: parsed.complaints.map(({ message }) => message) }
}

function withoutLines(rules: readonly Rule[]): unknown[] {
  return rules.map(({ matches, target }) => ({ matches, target }))
}

for (const file of ['iptables-save-1.20.txt', 'ipvs-node-a-iptables.txt']) {
  text(`what a real node saved (${file}) is understood whole and printed again as it was`, () => {
    const saved = readFileSync(`test/vectors/${file}`, 'utf8')
    const parsed = parseIptablesSave(saved)
    assert.equal(parsed.complaints, [])
    const printed = [...printRuleset(parsed)]
    assert.equal(printed, saved.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
    const again = parseIptablesSave(printed.join('\n'))
    for (const table of Object.values(parsed.tables)) {
      for (const name of table.chainNames()) {
        const rules = (from: typeof parsed): readonly Rule[] => from.tables[table.name]?.chain(name)?.segments.flatMap((segment) => segment.rules) ?? []
        assert.equal(withoutLines(rules(again)), withoutLines(rules(parsed)))
      }
    }
  })
}

// Input and output of iptables-restore and iptables-save 1.8.9 (nf_tables and legacy agree on all of them).
const NORMAL_FORMS: Record<string, [written: string, saved: string][]> = {
  filter: [
    ['-A INPUT -p tcp --dport 80 -j ACCEPT', '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT'],
    ['-A FORWARD ! -s 10.0.0.0/8 -d 10.0.0.1 ! -i eth0 ! -o lo -j DROP', '-A FORWARD ! -s 10.0.0.0/8 -d 10.0.0.1/32 ! -i eth0 ! -o lo -j DROP'],
    ['-A INPUT -s 10.1.2.3/255.255.0.0 -j DROP', '-A INPUT -s 10.1.0.0/16 -j DROP'],
    ['-A INPUT -s 0.0.0.0/0 -j DROP', '-A INPUT -j DROP'],
    ['-A INPUT -p tcp --syn -j C', '-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j C'],
    ['-A INPUT -p tcp ! --syn -j C', '-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j C'],
    ['-A INPUT -p tcp --tcp-flags ALL NONE -j C', '-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j C'],
    ['-A INPUT -p tcp -m tcp --sport :1024 ! --dport 80:90 -j C', '-A INPUT -p tcp -m tcp --sport 0:1024 ! --dport 80:90 -j C'],
    ['-A INPUT -p tcp -m multiport --dports 80,443,8000:9000 -j C', '-A INPUT -p tcp -m multiport --dports 80,443,8000:9000 -j C'],
    ['-A INPUT -p icmp --icmp-type echo-request -j C', '-A INPUT -p icmp -m icmp --icmp-type 8 -j C'],
    ['-A INPUT -p icmp -m icmp ! --icmp-type 3/4 -j C', '-A INPUT -p icmp -m icmp ! --icmp-type 3/4 -j C'],
    ['-A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT', '-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT'],
    ['-A INPUT -m conntrack --ctstate NEW,ESTABLISHED,INVALID,UNTRACKED,DNAT,SNAT,RELATED -g C', '-A INPUT -m conntrack --ctstate INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED,SNAT,DNAT -g C'],
    ['-A INPUT -m mark --mark 4', '-A INPUT -m mark --mark 0x4'],
    ['-A INPUT -m mark ! --mark 0x004000/0x004000 -j RETURN', '-A INPUT -m mark ! --mark 0x4000/0x4000 -j RETURN'],
    ['-A INPUT -m addrtype --src-type LOCAL --dst-type UNICAST --limit-iface-in -j C', '-A INPUT -m addrtype --src-type LOCAL --dst-type UNICAST --limit-iface-in -j C'],
    ['-A INPUT -m statistic --mode random --probability 0.3333333333 -j C', '-A INPUT -m statistic --mode random --probability 0.33333333349 -j C'],
    ['-A INPUT -m statistic --mode random ! --probability 0.2 -j C', '-A INPUT -m statistic --mode random ! --probability 0.20000000019 -j C'],
    ['-A INPUT -m statistic --mode random --probability 1 -j C', '-A INPUT -m statistic --mode random --probability 1.00000000000 -j C'],
    ['-A INPUT -m statistic --mode nth --every 3 --packet 1 -j C', '-A INPUT -m statistic --mode nth --every 3 --packet 1 -j C'],
    ['-A INPUT -m recent --name X --rcheck --seconds 10 --hitcount 3 --reap -j C', '-A INPUT -m recent --rcheck --seconds 10 --reap --hitcount 3 --name X --mask 255.255.255.255 --rsource -j C'],
    ['-A INPUT -m recent ! --update --seconds 60 --rdest --name Y -j C', '-A INPUT -m recent ! --update --seconds 60 --name Y --mask 255.255.255.255 --rdest -j C'],
    ['-A INPUT -m recent --set -j C', '-A INPUT -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource -j C'],
    ['-A FORWARD -m physdev ! --physdev-is-in --physdev-out veth+ --physdev-in veth0 -j C', '-A FORWARD -m physdev ! --physdev-is-in --physdev-in veth0 --physdev-out veth+ -j C'],
    [String.raw`-A INPUT -m comment --comment "it's \"quoted\" and \\ back" -j C`, String.raw`-A INPUT -m comment --comment "it\'s \"quoted\" and \\ back" -j C`],
    ['-A INPUT -m comment --comment "plain_word-1" -j C', '-A INPUT -m comment --comment plain_word-1 -j C'],
    ['-A INPUT -p tcp -d 10.0.0.1 -m comment --comment x --dport 99 -m mark --mark 1 -j C', '-A INPUT -d 10.0.0.1/32 -p tcp -m comment --comment x -m tcp --dport 99 -m mark --mark 0x1 -j C'],
    ['-A INPUT -j REJECT', '-A INPUT -j REJECT --reject-with icmp-port-unreachable'],
    ['-A INPUT -j REJECT --reject-with admin-prohib', '-A INPUT -j REJECT --reject-with icmp-admin-prohibited'],
    ['-A INPUT -j LOG --log-level 4 --log-prefix "drop: "', '-A INPUT -j LOG --log-prefix "drop: "'],
    ['-A INPUT -j NFLOG --nflog-group 10 --nflog-prefix "DROP by x" --nflog-size 80', '-A INPUT -j NFLOG --nflog-prefix "DROP by x" --nflog-group 10 --nflog-size 80'],
    ['-A INPUT -m limit --limit 10/minute --limit-burst 7 -j C', '-A INPUT -m limit --limit 10/min --limit-burst 7 -j C'],
    ['-A INPUT -m limit --limit 1/s -j C', '-A INPUT -m limit --limit 1/sec -j C'],
    ['-A INPUT -m limit -j C', '-A INPUT -m limit --limit 3/hour -j C'],
    ['-A INPUT -m limit --limit 7/sec -j C', '-A INPUT -m limit --limit 7/sec -j C'],
    ['-A INPUT -m limit --limit 1000/day -j C', '-A INPUT -m limit --limit 1000/day -j C'],
    ['-A INPUT -m length --length 100: -j C', '-A INPUT -m length --length 100:65535 -j C'],
    ['-A INPUT -m length ! --length 100 -j C', '-A INPUT -m length ! --length 100 -j C'],
    ['-A INPUT -m ttl ! --ttl-eq 64 -j C', '-A INPUT -m ttl ! --ttl-eq 64 -j C'],
    ['-A INPUT -m ttl --ttl-lt 5 -j C', '-A INPUT -m ttl --ttl-lt 5 -j C'],
    ['-A INPUT -m pkttype ! --pkt-type multicast -j C', '-A INPUT -m pkttype ! --pkt-type multicast -j C'],
    ['-A INPUT -m iprange ! --dst-range 10.0.0.1-10.0.0.9 --src-range 10.1.0.1 -j C', '-A INPUT -m iprange --src-range 10.1.0.1-10.1.0.1 ! --dst-range 10.0.0.1-10.0.0.9 -j C'],
    ['-A INPUT -m connmark ! --mark 1 -j C', '-A INPUT -m connmark ! --mark 0x1 -j C'],
    ['-A OUTPUT -m owner ! --gid-owner 1337 --uid-owner 0-999 -j C', '-A OUTPUT -m owner --uid-owner 0-999 ! --gid-owner 1337 -j C'],
    ['-A OUTPUT -m owner ! --socket-exists -j C', '-A OUTPUT -m owner ! --socket-exists -j C'],
    ['-A INPUT -m policy --pol none --dir in -j C', '-A INPUT -m policy --dir in --pol none -j C'],
    ['-A INPUT -p 47 -j C', '-A INPUT -p gre -j C'],
    ['-A INPUT -p 200 -j C', '-A INPUT -p 200 -j C'],
    ['-A INPUT ! -f -j C', '-A INPUT ! -f -j C'],
    ['-A INPUT -j LOG --log-prefix x -m tcp -p tcp --dport 80', '-A INPUT -p tcp -m tcp --dport 80 -j LOG --log-prefix x'],
    ['[1:60] -A INPUT -j C', '-A INPUT -j C'],
  ],
  nat: [
    ['-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1:80-90 --random --persistent', '-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1:80-90 --random --persistent'],
    ['-A PREROUTING -p tcp -j DNAT --to-destination :80', '-A PREROUTING -p tcp -j DNAT --to-destination :80'],
    ['-A POSTROUTING -p udp -j SNAT --persistent --random-fully --to-source 10.0.0.1-10.0.0.4:1000-2000', '-A POSTROUTING -p udp -j SNAT --to-source 10.0.0.1-10.0.0.4:1000-2000 --random-fully --persistent'],
    ['-A POSTROUTING -p tcp -j MASQUERADE --to-ports 1000-2000 --random', '-A POSTROUTING -p tcp -j MASQUERADE --to-ports 1000-2000 --random'],
    ['-A PREROUTING -p tcp -j REDIRECT --to-ports 15001', '-A PREROUTING -p tcp -j REDIRECT --to-ports 15001'],
  ],
  mangle: [
    ['-A PREROUTING -j MARK --set-mark 0x5/0xf0', '-A PREROUTING -j MARK --set-xmark 0x5/0xf5'],
    ['-A PREROUTING -j MARK --or-mark 0x004000', '-A PREROUTING -j MARK --set-xmark 0x4000/0x4000'],
    ['-A PREROUTING -j MARK --xor-mark 0x004000', '-A PREROUTING -j MARK --set-xmark 0x4000/0x0'],
    ['-A PREROUTING -j MARK --and-mark 0xffff', '-A PREROUTING -j MARK --set-xmark 0x0/0xffff0000'],
    ['-A PREROUTING -j CONNMARK --save-mark', '-A PREROUTING -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff'],
    ['-A PREROUTING -j CONNMARK --restore-mark --mask 0x80', '-A PREROUTING -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80'],
    ['-A PREROUTING -j CONNMARK --set-mark 0x1', '-A PREROUTING -j CONNMARK --set-xmark 0x1/0xffffffff'],
    ['-A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu', '-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu'],
  ],
  raw: [
    ['-A PREROUTING -m rpfilter --validmark --loose --accept-local -j DROP', '-A PREROUTING -m rpfilter --loose --validmark --accept-local -j DROP'],
    ['-A PREROUTING -j NOTRACK', '-A PREROUTING -j NOTRACK'],
    ['-A PREROUTING -j CT --notrack', '-A PREROUTING -j CT --notrack'],
  ],
}

for (const [table, forms] of Object.entries(NORMAL_FORMS)) {
  text(`whatever way a rule is written, it prints as the real iptables-save prints it (${table})`, () => {
    for (const [written, saved] of forms) {
      assert.equal(through(written, table), { printed: saved, complaints: [] })
      assert.equal(through(saved, table), { printed: saved, complaints: [] })
    }
  })
}

text('the spelling of old, with `!` after the option, is understood too', () => {
  assert.is(through('-A INPUT -s ! 10.0.0.0/8 -p tcp -m tcp --dport ! 80 -j C').printed, '-A INPUT ! -s 10.0.0.0/8 -p tcp -m tcp ! --dport 80 -j C')
})

text('a match that is not modelled is kept as it was written, and named with its line', () => {
  const rule = '-A INPUT -p tcp -m u32 --u32 "0x0=0x1" -m tcp --dport 80 -j DROP'
  const parsed = parseIptablesSave(`*filter\n${FRAME}\n${rule}\nCOMMIT\n`)
  assert.equal([...printRuleset(parsed)].at(-2), rule)
  assert.equal(parsed.complaints, [{ line: 8, text: rule, message: '-m u32 --u32 "0x0=0x1": not modelled; the rule is taken as one that never matches' }])
})

text('an option that its module does not have makes the match unknown, not the rule', () => {
  const { printed, complaints } = through('-A INPUT -s 10.0.0.1/32 -m mark --mark 0x1 --nonsense 3 -j ACCEPT')
  assert.is(printed, '-A INPUT -s 10.0.0.1/32 -m mark --mark 0x1 --nonsense 3 -j ACCEPT')
  assert.equal(complaints, ['-m mark --mark 0x1 --nonsense 3: --nonsense is not modelled; the rule is taken as one that never matches'])
})

text('a target that is not modelled, an unknown chain and IPv6 are each named', () => {
  assert.match(through('-A PREROUTING -j TPROXY --on-port 1', 'mangle').complaints.join(), '-j TPROXY --on-port 1: not modelled')
  assert.match(through('-A INPUT -j my-chain').complaints.join(), 'no such chain')
  assert.match(through('-A INPUT -g my-chain').complaints.join(), 'no such chain')
  assert.match(through('-A nowhere -j DROP').complaints.join(), 'declares this chain')
  assert.match(through('-A INPUT -s fd00::1/128 -j DROP').complaints.join(), 'IPv6')
  assert.is(through('-A INPUT -s fd00::1/128 -j DROP').printed, '-A INPUT -s fd00::1/128 -j DROP')
})

text('what is wrong around the rules is said as well', () => {
  const said = (input: string): string => parseIptablesSave(input).complaints.map(({ line, message }) => `${line}: ${message}`).join('\n')
  assert.match(said('hello'), '1: this stands outside a table')
  assert.match(said('*filter\n:INPUT ACCEPT [0:0]\n'), 'without COMMIT')
  assert.match(said('*security\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n'), '1: table security is not modelled')
  assert.match(said('*nat\nCOMMIT\n*nat\nCOMMIT\n'), '3: table nat a second time')
  assert.match(said("# Table `kube-proxy' is incompatible, use 'nft' tool.\n"), 'only nft can print it')
  assert.match(said('*filter\n:A - [0:0]\n:B - [0:0]\n-A A -j B\n-A B -j A\nCOMMIT\n'), 'A → B → A')
  assert.is(said(''), '')
})

text('a comment comes back as it was, whatever is in it', () => {
  // iptables reads line by line and trims nothing within quotes; a line break cannot be in a comment.
  const comments = fc.string({ unit: 'grapheme' }).filter((comment) => comment !== '' && !/[\n\r\u2028\u2029]/.test(comment))
  fc.assert(
    fc.property(comments, (comment) => {
      const matches: Match[] = [{ kind: 'comment', text: comment }, { kind: 'mark', value: 1, mask: 0xffffffff }]
      const line = printRule('C', { matches, target: { kind: 'ACCEPT' } })
      const parsed = parseIptablesSave(`*filter\n${FRAME}\n${line}\nCOMMIT\n`)
      assert.equal(parsed.complaints, [])
      assert.equal(parsed.tables.filter?.chain('C')?.segments[0]?.rules[0]?.matches, matches)
    }),
    { seed: 20, numRuns: 1000 },
  )
})

text('no input makes it throw', () => {
  const saved = readFileSync('test/vectors/ipvs-node-a-iptables.txt', 'utf8')
  for (let cut = 0; cut < saved.length; cut += 7) parseIptablesSave(saved.slice(0, cut) + saved.slice(cut + 3))
})

text.run()
