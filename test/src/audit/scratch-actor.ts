import type {Actor} from '../../../src/audit/record.ts';

export const actor: Actor = {user: 'mira', uid: 1000, host: 'bastion', pid: process.pid, tty: '/dev/pts/3'};
