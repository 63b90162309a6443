import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { parse } from 'yaml'
import { kubehop } from './cli/kubehop.ts'
import { assert, suite } from './kit.ts'

const readme = suite('the README')

const TEXT = readFileSync('README.md', 'utf8')

/** The fenced block that follows these words. */
function blockAfter(words: string): string {
  const block = TEXT.slice(TEXT.indexOf(words)).split('```')[1]
  assert.ok(TEXT.includes(words) && block !== undefined, words)
  return block!.replace(/^\w*\n/, '')
}

const SHOWN: [words: string, args: string[]][] = [
  ['`kubehop run -f scenarios/clusterip.yaml` answers:', ['run', '-f', 'scenarios/clusterip.yaml']],
  ['here of `scenarios/prestop.yaml`:', ['run', '-q', '-f', 'scenarios/prestop.yaml']],
]

for (const [words, args] of SHOWN) {
  readme(`shows what kubehop ${args.join(' ')} prints, line by line, but for what it leaves out at a …`, () => {
    const printed = kubehop(args).out.split('\n')
    const shown = blockAfter(words).trimEnd().split('\n').filter((line) => line.trim() !== '…')
    assert.equal(shown.filter((line) => !printed.includes(line)), [])
  })
}

readme('shows the picture that the run of today draws', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-'))
  kubehop(['run', '-q', '-f', 'scenarios/prestop.yaml', '--picture', join(folder, 'run.svg')])
  const drawn = readFileSync(join(folder, 'run.svg'), 'utf8')
  rmSync(folder, { recursive: true })
  assert.ok(TEXT.includes('(scenarios/prestop-run.svg)'))
  assert.is(readFileSync('scenarios/prestop-run.svg', 'utf8'), drawn)
})

readme('shows the scenario that it speaks of', () => {
  const shown: { spec: Record<string, unknown> } = parse(blockAfter('and one of ours:'))
  const written: { spec: Record<string, unknown> } = parse(readFileSync('scenarios/clusterip.yaml', 'utf8').split(/^---$/m)[0]!)
  for (const [field, value] of Object.entries(shown.spec)) assert.equal(written.spec[field], value, field)
})

readme('names only commands and options that there are', () => {
  const lines = [...TEXT.matchAll(/kubehop (run|probe|trace|resolve|show|get|describe|compare|sweep|bench rules) ([^`\n|]*)/g)]
  assert.ok(lines.length > 8)
  for (const [line, command = '', rest = ''] of lines) {
    const { out } = kubehop([...command.split(' '), '--help'])
    for (const [option] of rest.matchAll(/(?<=^|\s)--?[a-z][a-z-]*/g)) assert.ok(out.includes(`${option} `) || out.includes(`${option},`), `${line}: ${option}`)
  }
})

readme('names only files that there are', () => {
  const named = [...TEXT.matchAll(/(?<=[`( ])(?:src|test|bench|scenarios)\/[\w./-]+\w/g)].map(([path]) => path).filter((path) => path !== 'scenarios/checkout.yaml')
  assert.ok(named.length > 5)
  for (const path of named) assert.ok(existsSync(path) || readdirSync(dirname(path)).some((file) => file.startsWith(basename(path))), path)
})

readme.run()
