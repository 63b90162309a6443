/** The usual test run asks the kernel one question in so many; `npm run test:kernel` asks them all. */
export const SAMPLE = process.env['KUBEHOP_REFEREE'] === 'all' ? 1 : 40
