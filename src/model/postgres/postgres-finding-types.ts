import {defineFindingType} from '../../contract/finding-type.ts';

/** Sessions wait for locks of one session, which the finding names. */
export const sessionsBlocked = defineFindingType({
	type: 'postgres.sessions-blocked',
	actions: ['postgres.cancel', 'postgres.terminate'],
	inspections: ['postgres.lock-tree', 'postgres.statement'],
});

export const idleInTransaction = defineFindingType({
	type: 'postgres.idle-in-transaction',
	actions: ['postgres.terminate'],
	inspections: ['postgres.statement', 'postgres.connections'],
});

export const longStatement = defineFindingType({
	type: 'postgres.long-statement',
	actions: ['postgres.cancel'],
	inspections: ['postgres.statement', 'postgres.connections'],
});

export const connectionsTaken = defineFindingType({
	type: 'postgres.connections-taken',
	actions: [],
	inspections: ['postgres.connections'],
});

/** A standby is behind its primary, or receives nothing from it. */
export const replicationLag = defineFindingType({type: 'postgres.replication-lag', actions: [], inspections: []});

/** A replication slot without a consumer keeps WAL. */
export const slotKeepsWal = defineFindingType({type: 'postgres.slot-keeps-wal', actions: [], inspections: []});

export const wraparoundNear = defineFindingType({type: 'postgres.wraparound-near', actions: [], inspections: []});

export const postgresFindingTypes = [
	sessionsBlocked,
	idleInTransaction,
	longStatement,
	connectionsTaken,
	replicationLag,
	slotKeepsWal,
	wraparoundNear,
] as const;
