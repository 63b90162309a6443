import { InputError } from './input-error.ts'

/** Something the input asks for that the cluster it makes does not have: a message for people. */
export class WorldError extends InputError {}
