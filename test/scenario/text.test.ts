import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { parseAllDocuments, parseDocument, stringify } from 'yaml'
import { Complaints } from '../../src/scenario/complaint.ts'
import { loadInput } from '../../src/scenario/load.ts'
import { readPlainBlock } from '../../src/scenario/text/block.ts'
import { cutDocuments } from '../../src/scenario/text/cut.ts'
import { readDocuments } from '../../src/scenario/text/documents.ts'
import { elementsInJson, findInJson, repeatedInJson, splitJson } from '../../src/scenario/text/json.ts'
import { below, sourceOf } from '../../src/scenario/text/source.ts'
import { assert, suite } from '../kit.ts'
import { said } from './said.ts'

const text = suite('text')

function values(written: string): unknown[] {
  return readDocuments(sourceOf('x.yaml', written), new Complaints()).map(({ value }) => value)
}

/** What the full parser makes of a text; undefined where it finds fault. */
function parsed(written: string): unknown {
  const document = parseDocument(written, { logLevel: 'silent', merge: true })
  return document.errors.length > 0 ? undefined : (document.toJS() as unknown)
}

text('the quick reader understands what kubectl prints, and reads it as the full parser does', () => {
  for (const file of ['cluster/dump.yaml', 'lab-objects.yaml']) {
    const written = readFileSync(`test/vectors/${file}`, 'utf8')
    const expected = parseAllDocuments(written).map((document) => document.toJS() as unknown)
    const chunks = cutDocuments(written).map(({ start, end }) => written.slice(start, end)).filter((chunk) => chunk.trim() !== '')
    assert.equal(chunks.map((chunk) => readPlainBlock(chunk)?.value), expected)
  }
})

text('law: what the quick reader answers is what the full parser answers, for any plain data', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const written = stringify(value, { lineWidth: 0 })
      const quick = readPlainBlock(written)
      if (quick !== undefined) assert.equal(quick.value, parsed(written))
    }),
    { seed: 1, numRuns: 2000 },
  )
})

text('law: on text made of YAML’s own signs the quick reader is right or silent', () => {
  const scraps = ['a', 'b', ': ', ':', '- ', '-', '\n', '\n  ', '\n    ', ' ', '"', "'", '#', ' #', '|', '|-', '|+', '>', '{}', '[]', '{', '}', '[', ']', '&x', '*x', '!', '~', 'null', 'true', '1', '0x1', '1e3', '-1', '.5', '?', ',', '%', '@', '`', '\t', '---', '<<: ', '\\n', 'é', '0o7', '2001-01-01', '.inf', '+1', '1_000']
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...scraps), { maxLength: 14 }), (parts) => {
      const written = parts.join('')
      const quick = readPlainBlock(written)
      if (quick === undefined || cutDocuments(written).length > 1) return
      const expected = parsed(written)
      if (expected !== undefined || quick.value !== null) assert.equal(quick.value, expected, JSON.stringify(written))
    }),
    { seed: 1, numRuns: 20000 },
  )
})

text('documents end at --- and ..., and only there', () => {
  assert.equal(values('a: 1\n---\nb: |\n  x\n   ---\n--- # three\nc: 3\n...\n---\n'), [{ a: 1 }, { b: 'x\n ---\n' }, { c: 3 }])
})

text('Lists, typed lists, arrays and JSON streams are their items', () => {
  const items = [{ kind: 'A', x: 1 }, { kind: 'B', x: 2 }]
  assert.equal(values('kind: List\nitems:\n- kind: A\n  x: 1\n- kind: B\n  x: 2\n'), items)
  assert.equal(values('items:\n  # first\n  - {kind: A, x: 1}\n\n  -\n    kind: B\n    x: 2\nkind: List\n'), items)
  assert.equal(values(JSON.stringify({ kind: 'List', items })), items)
  assert.equal(values(JSON.stringify(items)), items)
  assert.equal(values('{"kind": "A", "x": 1}\n{"kind": "B", "x": 2}\n'), items)
  assert.equal(values('{kind: List, items: [{kind: List, items: [{kind: A, x: 1}]}, {kind: B, x: 2}]}'), items)
  assert.equal(values('apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: a}\n'), [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } }])
  assert.equal(values('kind: List\nitems:\n- &a\n  kind: A\n- *a\n'), [{ kind: 'A' }, { kind: 'A' }])
  assert.equal(values('kind: List\nitems: []\n---\nkind: List\nitems:\n'), [])
})

text('a byte order mark, carriage returns and comments are not content', () => {
  assert.equal(values('\uFEFFa: 1\r\nb:\r\n- c\r\n# end\r\n'), [{ a: 1, b: ['c'] }])
})

text('a complaint finds the value, or its name, in YAML, in JSON and in an item of a long list', () => {
  const place = (written: string, path: (string | number)[], ofName: boolean) => {
    const source = sourceOf('x', written)
    const complaints = new Complaints()
    const [found] = readDocuments(source, complaints)
    complaints.error({ origin: below(found!.origin, ...path), ofName }, 'here')
    const { line, column } = complaints.list()[0]!
    return `${line}:${column}`
  }
  const yaml = 'kind: A\nspec:\n  ports:\n  - port: 80\n    name: x\n'
  assert.is(place(yaml, ['spec', 'ports', 0, 'name'], false), '5:11')
  assert.is(place(yaml, ['spec', 'ports', 0, 'name'], true), '5:5')
  assert.is(place(yaml, ['spec', 'ports', 0, 'missing'], false), '4:5')
  assert.is(place(`kind: List\nitems:\n  - ${yaml.replaceAll('\n', '\n    ').trimEnd()}\n`, ['spec', 'ports', 0, 'port'], false), '6:15')
  const json = '{"kind": "List", "items": [\n  {"kind": "A", "spec": {"a\\"b": [1, {"c": 2}]}}]}'
  assert.is(place(json, ['spec', 'a"b', 1, 'c'], false), '2:44')
  assert.is(place(json, ['spec', 'a"b'], true), '2:26')
})

text('law: every value of a JSON text is found where it stands', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const written = JSON.stringify(value, null, 1)
      const visit = (inner: unknown, path: (string | number)[]): void => {
        const at = findInJson(written, 0, path, false)
        const own = JSON.stringify(inner, null, 1)[0]
        assert.is(written[at], own, JSON.stringify(path))
        if (Array.isArray(inner)) inner.forEach((one, i) => visit(one, [...path, i]))
        else if (typeof inner === 'object' && inner !== null) for (const [name, one] of Object.entries(inner)) visit(one, [...path, name])
      }
      visit(value, [])
      assert.equal(splitJson(written), { ranges: [{ start: 0, end: written.length }] })
    }),
    { seed: 1, numRuns: 500 },
  )
})

text('law: JSON is refused exactly where JSON.parse refuses it', () => {
  const scraps = ['{', '}', '[', ']', ',', ':', '"a"', '"\\n"', '"\\x"', '1', '-', '01', '1e', 'true', 'nul', ' ', '\n']
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...scraps), { minLength: 1, maxLength: 8 }), (parts) => {
      const written = parts.join('').trim()
      const walked = splitJson(written)
      let valid = true
      try {
        JSON.parse(written)
      } catch {
        valid = false
      }
      assert.is('ranges' in walked && walked.ranges.length === 1 && walked.ranges[0]!.end === written.length, valid, written)
    }),
    { seed: 1, numRuns: 5000 },
  )
})

text('the elements of a List are found in one walk', () => {
  const written = '{"kind":"List","items":[{"a":[1,2]}, 7,"x"],"z":[1]}'
  assert.equal(elementsInJson(written, 'items').map((at) => written[at]), ['{', '7', '"'])
})

text('a field that stands twice in one object is an error in JSON as in YAML', () => {
  const twice = '{"kind": "Service",\n "metadata": {"name": "a"},\n "kind": "Pod"}'
  assert.ok(said(twice).includes('3:2 error: `kind` stands twice in the same object'))
  assert.is(repeatedInJson('{"a": [{"b": 1}, {"b": 2}], "c": {"a": {"a": 1}}, "b": {}}'), undefined)
  assert.equal(repeatedInJson('[{"a": {"b": 1, "c": {"b": 1}, "b": 2}}]'), { field: 'b', offset: 31 })
})

text('what is missing at the end of a file is shown behind the last thing that is there', () => {
  const [unclosed] = loadInput({ given: 'kind: Pod\nmetadata: {name: a\n\n' }).complaints
  assert.equal([unclosed?.line, unclosed?.column, unclosed?.sourceLine], [2, 19, 'metadata: {name: a'])
})

text('JSON that a program wrote repeats no field', () => {
  fc.assert(fc.property(fc.json({ maxDepth: 4 }), (written) => {
    assert.is(repeatedInJson(written), undefined)
  }), { seed: 1, numRuns: 300 })
})

text('comments in JSON, and aliases of what another document anchors, are said where they stand', () => {
  assert.equal(said('{\n  // why\n  "kind": "Service"\n}'), ['2:3 error: JSON has no comments (take it out, or write YAML, whose comments begin with #)'])
  assert.equal(said('[1, /* two */ 2]'), ['1:5 error: JSON has no comments (take it out, or write YAML, whose comments begin with #)'])
  const pod = (name: string, spec: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: ${spec}\n`
  assert.equal(said(`${pod('a', '&s {containers: [{name: c}]}')}---\n${pod('b', '*s')}`), ['9:7 error: nothing above in this document is marked &s'])
  assert.equal(said(`${pod('a', '&s {containers: [{name: c}]}')}---\n${pod('b', '\n  <<: *s')}`), ['10:7 error: nothing above in this document is marked &s'])
})

text.run()
