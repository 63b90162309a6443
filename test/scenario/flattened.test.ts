import { loadInput } from '../../src/scenario/load.ts'
import { assert, suite } from '../kit.ts'
import { said } from './said.ts'
import { TUTORIALS } from './tutorials.ts'

const flattened = suite('flattened')

function flatten(manifest: string): string {
  return manifest.replace(/^ +/gm, '')
}

flattened('the manifests of tutorials are read as they are', () => {
  for (const [name, manifest] of Object.entries(TUTORIALS)) {
    const { ok, complaints } = loadInput({ given: manifest })
    assert.ok(ok, name)
    assert.equal(complaints.filter(({ severity }) => severity === 'error'), [], name)
  }
})

flattened('without their indentation, each gets one message a document that says so, and where', () => {
  for (const [name, manifest] of Object.entries(TUTORIALS)) {
    const errors = said(flatten(manifest))
    assert.is(errors.length, manifest.split('---').length, `${name}: ${errors.join('\n')}`)
    for (const error of errors) assert.match(error, /^\d+:1 error: indentation seems to be lost: `\w+` (appears twice at the top level|stands beside what it belongs into); did you copy this from a web page\?$/, name)
  }
})

flattened('the field that stands twice is the one that is named', () => {
  assert.equal(said(flatten(TUTORIALS['test'] ?? '')), ['11:1 error: indentation seems to be lost: `metadata` appears twice at the top level; did you copy this from a web page?'])
  assert.equal(said(flatten(TUTORIALS['redis service'] ?? '')), ['4:1 error: indentation seems to be lost: `name` stands beside what it belongs into; did you copy this from a web page?'])
})

flattened('also with a little indentation left, and as an item of a List', () => {
  const half = (TUTORIALS['nodeport'] ?? '').replace(/^ {2}/gm, '')
  assert.match(said(half).join(), /indentation seems to be lost/)
  const item = `kind: List\nitems:\n- ${flatten(TUTORIALS['nodeport'] ?? '').replace(/\n(?=.)/g, '\n  ')}`
  assert.match(said(item).join(), /^6:3 error: indentation seems to be lost/)
})

flattened('what is empty on purpose is not taken for it', () => {
  assert.equal(said('apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\nspec:\nstatus: {}\n'), [])
  assert.match(said('apiVersion: v1\nkind: Namespace\nmetadata:\nspec: {}\n').join(), /^1:1 error: Namespace needs `metadata`$/)
})

flattened('tabs, non-breaking spaces and lost line breaks have their own words', () => {
  assert.match(said('kind: Service\nmetadata:\n\tname: a\n').join(), /3:1 error: a tab indents this line; YAML wants spaces/)
  assert.match(said('kind: Service\nmetadata:\n\u00A0\u00A0name: a\n\u00A0\u00A0b: c\nspec: {}\n').join(), /non-breaking spaces/)
  assert.match(said('apiVersion: v1 kind: Service metadata: name: a\n').join(), /a field inside a field on one line/)
})

flattened.run()
