/** An error of the ipvsadm interface, in ipvsadm's words. */
export class IpvsError extends Error {}
