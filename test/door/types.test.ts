import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { assert, suite } from '../kit.ts'

const types = suite('the types that come with the library')

const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(readFileSync('package.json', 'utf8'))

/** Every package that the declarations name, from this file on, and who names it first. */
function packagesFrom(file: string, seen = new Set<string>(), found = new Map<string, string>()): Map<string, string> {
  if (seen.has(file)) return found
  seen.add(file)
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?['"]([^'"]+)['"]/g)) {
    if (specifier.startsWith('.')) packagesFrom(join(dirname(file), specifier.replace(/(\.d)?\.[tj]s$/, '.d.ts')), seen, found)
    else if (!found.has(specifier)) found.set(specifier, file)
  }
  return found
}

types('name no package that whoever installs it does not get too', () => {
  const found = packagesFrom(resolve('dist/types/index.d.ts'))
  const missing = [...found].filter(([specifier]) => !Object.keys(dependencies).some((name) => specifier === name || specifier.startsWith(`${name}/`)))
  assert.equal(missing, [])
})

types.run()
