import {defineFindingType} from '../../contract/finding-type.ts';

/** Memory is short, or keys are evicted. */
export const memoryShort = defineFindingType({
	type: 'redis.memory-short',
	actions: ['redis.kill-client', 'redis.set-maxmemory'],
	inspections: ['redis.clients', 'redis.memory'],
});

/** Buffers of clients hold much of the used memory. */
export const clientBuffersLarge = defineFindingType({
	type: 'redis.client-buffers-large',
	actions: ['redis.kill-client'],
	inspections: ['redis.clients', 'redis.memory'],
});

export const memoryFragmented = defineFindingType({
	type: 'redis.memory-fragmented',
	actions: [],
	inspections: ['redis.memory'],
});

/** This server is a replica and its link to the primary is down. */
export const primaryLinkDown = defineFindingType({type: 'redis.primary-link-down', actions: [], inspections: []});

/** A connected replica is not online yet. */
export const replicaSyncing = defineFindingType({type: 'redis.replica-syncing', actions: [], inspections: []});

export const replicaLost = defineFindingType({type: 'redis.replica-lost', actions: [], inspections: []});

export const connectionsRejected = defineFindingType({
	type: 'redis.connections-rejected',
	actions: ['redis.kill-client'],
	inspections: ['redis.clients'],
});

export const maxclientsNear = defineFindingType({
	type: 'redis.maxclients-near',
	actions: ['redis.kill-client'],
	inspections: ['redis.clients'],
});

export const slowCommands = defineFindingType({
	type: 'redis.slow-commands',
	actions: [],
	inspections: ['redis.slow-log', 'redis.clients'],
});

/** The server loads its data set and refuses most commands. */
export const serverLoading = defineFindingType({type: 'redis.loading', actions: [], inspections: []});

/** A client does not read its replies. */
export const clientOutputLarge = defineFindingType({
	type: 'redis.client-output-large',
	actions: ['redis.kill-client'],
	inspections: ['redis.client'],
});

export const clientMonitors = defineFindingType({
	type: 'redis.client-monitors',
	actions: ['redis.kill-client'],
	inspections: ['redis.client'],
});

export const redisFindingTypes = [
	memoryShort,
	clientBuffersLarge,
	memoryFragmented,
	primaryLinkDown,
	replicaSyncing,
	replicaLost,
	connectionsRejected,
	maxclientsNear,
	slowCommands,
	serverLoading,
	clientOutputLarge,
	clientMonitors,
] as const;
