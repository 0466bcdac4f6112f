import {defineFindingType} from '../../contract/finding-type.ts';

const inspections = ['kafka.describe-group', 'kafka.partitions', 'kafka.messages'] as const;

/** Messages wait and no member is there to read them. */
export const groupStopped = defineFindingType({
	type: 'kafka.group-stopped',
	actions: ['kafka.reset-offsets'],
	inspections,
});

/** Messages wait, members are there and commit nothing. */
export const groupStalled = defineFindingType({type: 'kafka.group-stalled', actions: [], inspections});

/** A group consumes less than is produced. */
export const lagGrowing = defineFindingType({type: 'kafka.lag-growing', actions: [], inspections});

/** A group committed an offset before the one that it had committed. */
export const groupRewound = defineFindingType({
	type: 'kafka.group-rewound',
	actions: ['kafka.reset-offsets'],
	inspections,
});

export const groupRebalancing = defineFindingType({type: 'kafka.group-rebalancing', actions: [], inspections});

/** The lag of a group could not be read, or it has not committed yet. */
export const lagUnknown = defineFindingType({type: 'kafka.lag-unknown', actions: [], inspections});

/** Messages were deleted before a group read them. */
export const messagesLost = defineFindingType({type: 'kafka.messages-lost', actions: [], inspections});

/** Many groups that had no members when midwatch first read them. */
export const groupsAbandoned = defineFindingType({type: 'kafka.groups-abandoned', actions: [], inspections: []});

export const brokerLost = defineFindingType({type: 'kafka.broker-lost', actions: [], inspections: []});

export const partitionsOffline = defineFindingType({
	type: 'kafka.partitions-offline',
	actions: [],
	inspections: ['kafka.topic'],
});

export const underReplicated = defineFindingType({
	type: 'kafka.under-replicated',
	actions: [],
	inspections: ['kafka.topic'],
});

export const deadLettersGrow = defineFindingType({
	type: 'kafka.dead-letters-grow',
	actions: [],
	inspections: ['kafka.topic', 'kafka.messages'],
});

export const kafkaFindingTypes = [
	groupStopped,
	groupStalled,
	lagGrowing,
	groupRewound,
	groupRebalancing,
	lagUnknown,
	messagesLost,
	groupsAbandoned,
	brokerLost,
	partitionsOffline,
	underReplicated,
	deadLettersGrow,
] as const;
