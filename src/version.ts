declare const KUBEHOP_VERSION: string

/** The package's version; the bundler puts it in. */
export const VERSION = KUBEHOP_VERSION
