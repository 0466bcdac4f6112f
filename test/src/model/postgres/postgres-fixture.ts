import type {SessionRecord, WaitRecord} from '../../../../src/port/postgres.ts';

/** An ordinary active session; `facts` replaces some of its fields. */
export const sessionRecord = (pid: number, facts: Partial<SessionRecord> = {}): SessionRecord => ({
	pid,
	database: 'orders',
	user: 'app',
	application: 'checkout',
	client: '10.0.0.1',
	backendType: 'client backend',
	state: 'active',
	waitType: undefined,
	waitEvent: undefined,
	backendStart: `2026-11-21 12:00:00.${String(pid).padStart(6, '0')}+00`,
	transactionStart: '2026-11-21 13:59:00.000001+00',
	queryStart: '2026-11-21 13:59:00.000002+00',
	transactionSeconds: 1,
	querySeconds: 1,
	stateSeconds: 1,
	horizonAge: undefined,
	query: 'SELECT 1',
	hidden: false,
	signal: 'may',
	...facts,
});

export const waitRecord = (pid: number, blockers: readonly number[], facts: Partial<WaitRecord> = {}): WaitRecord => ({
	pid,
	lockType: 'transactionid',
	mode: 'ShareLock',
	relation: 'public.stock',
	waitSeconds: 5,
	blockers,
	...facts,
});
