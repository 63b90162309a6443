/** `npm run test:kernel` asks the kernel everything; the usual test run one question in so many, and of the plain cases only. */
export const ASKS_ALL = process.env['KUBEHOP_REFEREE'] === 'all'
export const ONE_IN = ASKS_ALL ? 1 : 40
