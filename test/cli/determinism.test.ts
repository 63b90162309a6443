import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { assert, suite } from '../kit.ts'
import { kubehop } from './kubehop.ts'

const determinism = suite('the same command gives the same bytes')
const SCENARIO = resolve('scenarios/clusterip.yaml')

for (const output of [['-o', 'json'], []]) {
  determinism(`twice, in another time zone, language and folder (${output.join(' ') || 'text'})`, () => {
    const command = ['run', '-f', SCENARIO, '--set', 'duration=3s', ...output]
    const first = kubehop(command)
    assert.is(first.code, 0, first.err)
    const elsewhere = mkdtempSync(join(tmpdir(), 'kubehop-'))
    try {
      assert.is(kubehop(command).out, first.out)
      assert.is(kubehop(command, { env: { TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } }).out, first.out)
      assert.is(kubehop(command, { cwd: elsewhere }).out, first.out)
    } finally {
      rmSync(elsewhere, { recursive: true })
    }
  })
}

determinism('another seed gives other bytes', () => {
  const command = ['run', '-f', SCENARIO, '--set', 'duration=1500ms', '-o', 'json']
  assert.is.not(kubehop([...command, '--seed', '2']).out, kubehop(command).out)
})

determinism('the printed command repeats the run', () => {
  const first = kubehop(['run', '-f', SCENARIO, '--set', 'duration=1500ms', '--seed', 'a b'])
  const repeat = /repeat: kubehop (.*)/.exec(first.out)?.[1] ?? ''
  const words = repeat.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? []
  assert.is(kubehop(words).out, first.out)
})

determinism.run()
