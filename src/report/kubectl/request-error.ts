/** What is asked for makes no sense as kubectl reads it: a selector, a kind, a mix of forms. */
export class RequestError extends Error {}
