// Bundles the command line and the library into dist/; with --test, every test file into dist-test/; with --bench, the benchmarks into dist-bench/.
// esbuild does not check types: `npm run check` does.
import { build } from 'esbuild'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const version = JSON.parse(readFileSync('package.json', 'utf8')).version
const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  sourcemap: 'linked',
  define: { KUBEHOP_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
}

/** Every file below a folder whose name ends so. */
function filesBelow(folder, ending) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/** The JSON Schema of a Scenario, for editors, out of the source of the checks themselves. */
async function writeScenarioSchema() {
  const module = resolve('dist/scenario-schema.mjs')
  await build({ ...common, sourcemap: false, entryPoints: ['src/scenario/schema/scenario.ts'], outfile: module })
  const { scenarioJsonSchema } = await import(pathToFileURL(module))
  writeFileSync('dist/scenario.schema.json', JSON.stringify(scenarioJsonSchema(), null, 2) + '\n')
  rmSync(module)
}

if (process.argv.includes('--test')) {
  rmSync('dist-test', { recursive: true, force: true })
  await build({ ...common, entryPoints: filesBelow('test', '.test.ts'), outdir: 'dist-test', outbase: 'test' })
} else if (process.argv.includes('--bench')) {
  await build({ ...common, entryPoints: ['bench/main.ts', 'bench/case.ts'], outdir: 'dist-bench' })
} else {
  rmSync('dist', { recursive: true, force: true })
  await build({ ...common, entryPoints: { kubehop: 'src/cli/main.ts', index: 'src/index.ts', worker: 'src/cli/jobs/worker.ts' }, outdir: 'dist', splitting: true, chunkNames: 'chunks/[name]-[hash]' })
  await writeScenarioSchema()
  const types = spawnSync('npx', ['tsc', '-p', '.ci/tsconfig.types.json'], { stdio: 'inherit' })
  if (types.status !== 0) process.exit(types.status ?? 1)
}
