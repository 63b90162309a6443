import { existsSync } from 'node:fs'

/** Where Debian's package user-mode-linux keeps its kernel's modules. */
const MODULES = '/usr/lib/uml/modules'

/** A Linux kernel run as a process, with this machine's files as its own, read-only but for the run's folder. */
export const IN_GUEST = [
  'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc',
  'linux', 'mem=1G', 'rootfstype=hostfs', 'ro', 'init=FOLDER/init.sh', 'folder=FOLDER', 'con=null', 'con0=null,fd:1', 'quiet',
]

export const GUEST_TOOLS = ['linux', 'modprobe', 'ip', 'python3', 'ipset', 'ipvsadm', 'iptables-legacy-restore']

export function hasGuestModules(): boolean {
  return existsSync(MODULES)
}

/** The first process of the guest: it makes a room for itself, runs the lab, and switches the machine off whatever comes. */
export const GUEST_FILES: Readonly<Record<string, string>> = {
  'init.sh': `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t hostfs -o "$folder" none /mnt
mkdir -p /run/kernel/lib
ln -s ${MODULES} /run/kernel/lib/modules
printf '#!/bin/sh\\nexec modprobe -d /run/kernel "$@"\\n' > /run/kernel/modprobe
chmod +x /run/kernel/modprobe
echo /run/kernel/modprobe > /proc/sys/kernel/modprobe
/run/kernel/modprobe ip_vs
cd /mnt
sh run.sh
echo o > /proc/sysrq-trigger
sleep 10
`,
}
