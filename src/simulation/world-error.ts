/** Something the input asks for that cannot be: a message for people. */
export class WorldError extends Error {}
