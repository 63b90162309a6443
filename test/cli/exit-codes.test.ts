import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, suite } from '../kit.ts'
import { hasStackTrace, kubehop } from './kubehop.ts'

const codes = suite('every mistake has its message and its exit code')
const LAB = 'test/vectors/lab-objects.yaml'

const CASES: { what: string; args: string[]; input?: string; code: number; says: RegExp }[] = [
  { what: 'no arguments at all shows help', args: [], code: 2, says: /Usage: kubehop/ },
  { what: 'help is no mistake', args: ['--help'], code: 0, says: /Examples:/ },
  { what: 'a mistyped command is suggested', args: ['rnu'], code: 2, says: /Did you mean run/ },
  { what: 'an unknown flag', args: ['run', '--nodes', '3'], code: 2, says: /unknown option/ },
  { what: 'nothing to read', args: ['run'], code: 2, says: /-f FILE/ },
  { what: 'a file that is not there', args: ['run', '-f', 'no-such.yaml'], code: 3, says: /no such file/ },
  { what: 'empty input', args: ['run', '-f', '-'], input: '', code: 3, says: /nothing in the input|empty/ },
  { what: 'binary input', args: ['run', '-f', '-'], input: '\u0000\u0001\u0002\u007fELF', code: 3, says: /binary/i },
  { what: 'input of unknown kinds alone', args: ['run', '-f', '-'], input: 'apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\n', code: 3, says: /2:7: error: nothing here can be simulated: there is only Certificate .*\n.*\n.*\n +understood are Namespace/ },
  { what: 'broken YAML', args: ['run', '-f', '-'], input: 'kind: Service\nmetadata: {name: a\n', code: 3, says: /:\d+:\d+: error/ },
  { what: 'an unknown field of ours', args: ['run', '-f', '-'], input: 'apiVersion: kubehop.dev/v1alpha1\nkind: Scenario\nspec: {duratoin: 3s}\n', code: 3, says: /did you mean.*duration/ },
  { what: 'an unknown mode', args: ['run', '-f', LAB, '--mode', 'iptable'], code: 2, says: /iptables/ },
  { what: 'a bad --set', args: ['run', '-f', LAB, '--set', 'cluster.node=3'], code: 3, says: /did you mean `nodes`/ },
  { what: '--set without =', args: ['run', '-f', LAB, '--set', 'seed'], code: 2, says: /PATH=VALUE/ },
  { what: 'a pod that is not there', args: ['probe', '-f', LAB, '--from', 'pod/default/nobody', '--to', 'tcp://10.96.1.1:80'], code: 3, says: /there is no pod default\/nobody/ },
  { what: 'a node that is not there', args: ['probe', '-f', LAB, '--from', 'node/node-x', '--to', 'tcp://10.96.1.1:80'], code: 3, says: /node-a/ },
  { what: 'a target that is none', args: ['probe', '-f', LAB, '--from', 'node/node-a', '--to', 'tcp://10.96.1.1:99999'], code: 2, says: /--to/ },
  { what: 'a Service that is not there', args: ['probe', '-f', LAB, '--from', 'node/node-a', '--to', 'svc/nothing.default:80'], code: 3, says: /no Service default\/nothing/ },
  { what: 'a count that is none', args: ['probe', '-f', LAB, '--from', 'node/node-a', '--to', 'tcp://10.96.1.1:80', '--count', 'x'], code: 2, says: /--count/ },
  { what: 'an unknown scheduler', args: ['run', '-f', LAB, '--mode', 'ipvs', '--scheduler', 'wlcc'], code: 2, says: /wlc/ },
  { what: 'a service range without room', args: ['get', 'svc', '-f', 'test/vectors/cluster/apps.yaml', '--set', 'cluster.serviceCIDR=10.96.0.0/29'], code: 3, says: /is exhausted/ },
  { what: 'a next hop that is not there', args: ['probe', '-f', LAB, '--from', 'client/client', '--to', 'tcp://203.0.113.7:80', '--via', 'node-z'], code: 3, says: /node-z/ },
  { what: 'something that cannot be shown', args: ['show', 'iptable', '-f', LAB], code: 2, says: /iptables/ },
  { what: 'a kind that kubectl does not know', args: ['get', 'svcs', '-f', LAB], code: 2, says: /svc/ },
  { what: 'a Service that cannot be described', args: ['describe', 'svc', 'nothing', '-f', LAB], code: 3, says: /NotFound/ },
  { what: 'a moment after the end', args: ['get', 'pods', '-f', 'scenarios/clusterip.yaml', '--at', '60s'], code: 2, says: /the run lasts 10 s; --set duration=60s/ },
  { what: 'a file of results in no folder', args: ['sweep', '-f', 'scenarios/clusterip.yaml', '--set', 'cluster.nodes=1,2', '--out', 'no-such/runs.ndjson'], code: 3, says: /--out no-such.*no such file/ },
  { what: 'an expectation that fails', args: ['run', '-f', 'scenarios/clusterip.yaml', '--set', 'expect=["app.p99 < 1us"]', '--set', 'duration=1500ms'], code: 4, says: /✗ app.p99/ },
]

for (const { what, args, input, code, says } of CASES) {
  codes(`${what}: exit code ${code}`, () => {
    const ran = kubehop(args, input === undefined ? {} : { input })
    assert.is(ran.code, code, ran.err)
    assert.match(ran.out + ran.err, says)
    assert.not.ok(hasStackTrace(ran), ran.err)
  })
}

codes('manifests flattened by a copy from a web page are told so, with line and column', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-'))
  try {
    const file = join(folder, 'redis.yaml')
    writeFileSync(file, 'apiVersion: v1\nkind: Service\nmetadata:\nname: redis\nspec:\nports:\n- port: 6379\nprotocol: TCP\nselector:\napp: test\ntier: db\n')
    const ran = kubehop(['get', 'svc', '-f', file])
    assert.is(ran.code, 3)
    assert.match(ran.err, /redis\.yaml:\d+:\d+/)
    assert.match(ran.err, /indentation/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

codes('data goes to standard output, notes to standard error', () => {
  const ran = kubehop(['probe', '-f', LAB, '--from', 'pod/default/pod-a2', '--to', 'tcp://10.96.1.2:80', '-o', 'json'])
  assert.is((JSON.parse(ran.out) as { ok: number }).ok, 1)
  assert.match(ran.err, /note:/)
})

codes.run()
