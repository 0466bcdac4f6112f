import {hostname} from 'node:os';
import type {Actor} from '../../../src/audit/audit-record.ts';

export const actor: Actor = {user: 'mira', uid: 1000, host: hostname(), pid: process.pid, tty: '/dev/pts/3'};
