import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, suite } from './kit.ts'
import { figuresOf } from '../src/report/expectations.ts'
import { Figures } from '../src/scenario/figures.ts'
import { loadInput } from '../src/scenario/load.ts'
import { reportOf } from '../src/simulation/result.ts'
import { Simulation } from '../src/simulation/simulation.ts'
import type { Report } from '../src/report/report.ts'

const scenarios = suite('every scenario shows its effect, every variant its own, and twice the same')

function run(file: string, variant: string | undefined): Report {
  const { scenario, objects, proxy, complaints, ok } = loadInput({ files: [file], ...(variant === undefined ? {} : { variant }) })
  if (!ok || scenario === undefined) throw new Error(complaints.map(({ line, message }) => `${file}:${line}: ${message}`).join('\n'))
  const simulation = new Simulation({ scenario, objects, proxyDocument: proxy })
  while (simulation.advance(simulation.end)) {
    // to the end
  }
  return reportOf(simulation)
}

for (const name of readdirSync('scenarios').filter((entry) => entry.endsWith('.yaml')).sort()) {
  const file = join('scenarios', name)
  const variants = Object.keys(loadInput({ files: [file] }).scenario?.variants ?? {})

  scenarios(`${name} opens with its question and says what to expect`, () => {
    assert.match(readFileSync(file, 'utf8'), /^# [^\n]*\?/)
    assert.match(readFileSync(file, 'utf8'), /\n {2}expect:/)
  })
  for (const variant of [undefined, ...variants]) {
    scenarios(`${name}${variant === undefined ? '' : `, variant ${variant}`}, holds what it expects`, () => {
      const report = run(file, variant)
      assert.equal(report.expectations.filter(({ ok }) => !ok), [])
      assert.is(run(file, variant).fingerprint, report.fingerprint)
      const known = new Figures(Object.keys(report.traffic), Object.keys(report.nodes))
      assert.equal([...figuresOf(report).keys()].filter((figure) => known.fault(figure) !== undefined), [], 'what is measured can be expected')
    })
  }
}

scenarios.run()
