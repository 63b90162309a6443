import { writeFileSync } from 'node:fs'
import { reasonOf } from '../scenario/text/read.ts'
import { InputError } from '../simulation/input-error.ts'
import { complain } from './output.ts'

/** Keeps what `--picture` asks for. Comes after all that is printed, so that a wrong path loses no run. */
export function savePicture(path: string, picture: string): void {
  try {
    writeFileSync(path, picture)
  } catch (reason) {
    throw new InputError(`--picture ${path}: ${reasonOf(reason)}`)
  }
  complain(`${path} has the picture`)
}
