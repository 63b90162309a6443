// Bundles the command line and the library into dist/; with --test, every test file into dist-test/.
// esbuild does not check types: `npm run check` does.
import { build } from 'esbuild'
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

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

if (process.argv.includes('--test')) {
  rmSync('dist-test', { recursive: true, force: true })
  await build({ ...common, entryPoints: filesBelow('test', '.test.ts'), outdir: 'dist-test', outbase: 'test' })
} else {
  rmSync('dist', { recursive: true, force: true })
  await build({ ...common, entryPoints: { kubehop: 'src/cli/main.ts', index: 'src/index.ts' }, outdir: 'dist', splitting: true, chunkNames: 'chunks/[name]-[hash]' })
  const types = spawnSync('npx', ['tsc', '-p', '.ci/tsconfig.types.json'], { stdio: 'inherit' })
  if (types.status !== 0) process.exit(types.status ?? 1)
}
