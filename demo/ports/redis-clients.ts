import type {RedisClientLine, SlowCommand} from '../../src/port/redis.ts';
import type {Scenario} from '../scenario.ts';

const mebibyte = 1024 ** 2;
/** The demo's own connection. */
export const ownClientId = 31;

const applications: readonly (readonly [name: string, count: number, command: string])[] = [
	['checkout', 96, 'hgetall'],
	['catalog', 140, 'hget'],
	['session-gateway', 88, 'get'],
	['rate-limiter', 64, 'incr'],
	['mail-worker', 20, 'xreadgroup'],
];

export type DemoClients = {
	list(): readonly RedisClientLine[];
	/** Bytes of buffers of all clients. */
	bufferBytes(): number;
	/** The newest first. */
	slowCommands(): readonly SlowCommand[];
	kill(id: number): void;
};

const ordinary = {
	user: 'app',
	db: 0,
	flags: 'N',
	outputBytes: 0,
	queryBytes: 26,
	totalBytes: 20_512,
	subscriptions: 0,
} as const;

const runawayName = 'export-nightly';
const runawayAddress = '10.2.7.44:51220';

const secondsSince = (scenario: Scenario, at: number) => Math.max(0, Math.floor((scenario.now() - at) / 1000));

/**
 * A few hundred idle clients, and in `storm` and `default` one that does not read its replies, which fill its output buffer until it is
 * killed. It then connects again and reads them.
 */
export function createDemoClients(scenario: Scenario): DemoClients {
	const runaway = scenario.name === 'storm' || scenario.name === 'default' ? 4111 : undefined;
	const killed = new Map<number, number>();
	let nextId = 5000;
	/** Clients that connected again after they were killed: the id, and when. */
	const returned: {readonly id: number; readonly of: RedisClientLine; readonly at: number}[] = [];
	const pools = poolClients(scenario);

	function list(): readonly RedisClientLine[] {
		const all = [
			...lasting(scenario),
			...pools.map(client => poolLine(scenario, client)),
			...(runaway === undefined ? [] : [runawayLine(scenario, runaway)]),
		];
		const back = returned.map(({id, of, at}) => ({
			...of,
			...ordinary,
			id,
			address: `${of.address.split(':')[0]}:${52_000 + (id % 1000)}`,
			ageSeconds: secondsSince(scenario, at),
			idleSeconds: 0,
		}));
		return [...all, ...back].filter(client => !killed.has(client.id));
	}

	return {
		list,
		bufferBytes: () => list().reduce((sum, client) => sum + (client.totalBytes ?? 0), 0),
		slowCommands: () =>
			runaway === undefined || scenario.name !== 'storm'
				? []
				: slowCommandsUntil(scenario, killed.get(runaway) ?? scenario.now()),
		kill(id) {
			const client = list().find(one => one.id === id);
			if (client === undefined) return;
			killed.set(id, scenario.now());
			nextId += 1;
			returned.push({id: nextId, of: client, at: scenario.now()});
		},
	};
}

/** One idle connection of an application. */
type PoolClient = {
	readonly id: number;
	readonly name: string;
	readonly command: string;
	readonly address: string;
	/** Epoch milliseconds. */
	readonly since: number;
};

const poolClients = (scenario: Scenario): readonly PoolClient[] =>
	applications.flatMap(([name, count, command], group) =>
		Array.from({length: count}, (_, at) => {
			const id = 100 + group * 300 + at;
			const random = scenario.stableRandom(`client ${id}`);
			return {
				id,
				name,
				command,
				since: scenario.startedAt - Math.floor(random * 4 * 86_400_000),
				address: `10.2.${group + 1}.${(at % 24) + 10}:${30_000 + Math.floor(random * 20_000)}`,
			};
		}),
	);

const poolLine = (scenario: Scenario, {since, ...client}: PoolClient): RedisClientLine => ({
	...ordinary,
	...client,
	ageSeconds: secondsSince(scenario, since),
	idleSeconds: Math.floor(3 * scenario.stableRandom(`idle ${client.id}`)),
});

/** The demo's own connection, and the replica. */
const lasting = (scenario: Scenario): readonly RedisClientLine[] => [
	{
		...ordinary,
		id: ownClientId,
		address: '10.2.9.2:50100',
		name: 'midwatch',
		user: 'midwatch',
		ageSeconds: secondsSince(scenario, scenario.startedAt),
		idleSeconds: 0,
		command: 'client|list',
	},
	{
		...ordinary,
		id: 12,
		address: '10.2.3.12:41022',
		name: '',
		user: 'replica',
		ageSeconds: secondsSince(scenario, scenario.startedAt) + 9 * 86_400,
		idleSeconds: 0,
		flags: 'S',
		command: 'replconf',
	},
];

/** The client that does not read its replies. They grow by about 1 MiB a second up to half a gibibyte. */
function runawayLine(scenario: Scenario, id: number): RedisClientLine {
	const ageSeconds = secondsSince(scenario, scenario.startedAt);
	const outputBytes = Math.min(512, 210 + ageSeconds) * mebibyte;
	return {
		...ordinary,
		id,
		address: runawayAddress,
		name: runawayName,
		ageSeconds: ageSeconds + 1260,
		idleSeconds: 0,
		command: 'hgetall',
		outputBytes,
		queryBytes: 4096,
		totalBytes: outputBytes + 24_576,
	};
}

/** One every ten seconds while the client that does not read is connected. The newest first, at most 128. */
function slowCommandsUntil(scenario: Scenario, until: number): readonly SlowCommand[] {
	const count = 40 + Math.floor((until - scenario.startedAt) / 10_000);
	return Array.from({length: Math.min(count, 128)}, (_, at) => {
		const id = count - at;
		return {
			id,
			at: scenario.startedAt + (id - 40) * 10_000,
			microseconds: 38_000 + Math.floor(20_000 * scenario.stableRandom(`slow ${id}`)),
			command: 'HGETALL',
			args: 1,
			client: runawayAddress,
			clientName: runawayName,
		};
	});
}
