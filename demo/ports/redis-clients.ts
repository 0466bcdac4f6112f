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

/**
 * A few hundred idle clients, and in `storm` and `default` one that does not read its replies, which fill its output buffer until it is
 * killed. It then connects again and reads them.
 */
export function createDemoClients(scenario: Scenario): DemoClients {
	const runaway = scenario.name === 'storm' || scenario.name === 'default' ? 4111 : undefined;
	const killed = new Map<number, number>();
	let nextId = 5000;
	const seconds = (from: number) => Math.max(0, Math.floor((scenario.now() - from) / 1000));
	/** Clients that connected again after they were killed: the id, and when. */
	const returned: {readonly id: number; readonly of: RedisClientLine; readonly at: number}[] = [];

	const crowd = applications.flatMap(([name, count, command], group) =>
		Array.from({length: count}, (_, at) => {
			const id = 100 + group * 300 + at;
			const random = scenario.stableRandom(`client ${id}`);
			const since = scenario.startedAt - Math.floor(random * 4 * 86_400_000);
			return {
				id,
				name,
				command,
				since,
				address: `10.2.${group + 1}.${(at % 24) + 10}:${30_000 + Math.floor(random * 20_000)}`,
			};
		}),
	);

	/** Grows by about 1 MiB a second up to half a gibibyte. */
	const piled = () => Math.min(512, 210 + seconds(scenario.startedAt)) * mebibyte;

	function runawayLine(id: number): RedisClientLine {
		const outputBytes = piled();
		return {
			...ordinary,
			id,
			address: '10.2.7.44:51220',
			name: 'export-nightly',
			ageSeconds: seconds(scenario.startedAt) + 1260,
			idleSeconds: 0,
			command: 'hgetall',
			outputBytes,
			queryBytes: 4096,
			totalBytes: outputBytes + 24_576,
		};
	}

	function list(): readonly RedisClientLine[] {
		const own: RedisClientLine = {
			...ordinary,
			id: ownClientId,
			address: '10.2.9.2:50100',
			name: 'midwatch',
			user: 'midwatch',
			ageSeconds: seconds(scenario.startedAt),
			idleSeconds: 0,
			command: 'client|list',
		};
		const replica: RedisClientLine = {
			...ordinary,
			id: 12,
			address: '10.2.3.12:41022',
			name: '',
			user: 'replica',
			ageSeconds: seconds(scenario.startedAt) + 9 * 86_400,
			idleSeconds: 0,
			flags: 'S',
			command: 'replconf',
		};
		const lines = crowd.map(({id, name, command, since, address}) => ({
			...ordinary,
			id,
			name,
			command,
			address,
			ageSeconds: seconds(since),
			idleSeconds: Math.floor(3 * scenario.stableRandom(`idle ${id}`)),
		}));
		const all = [own, replica, ...lines, ...(runaway === undefined ? [] : [runawayLine(runaway)])];
		const back = returned.map(({id, of, at}) => ({
			...of,
			...ordinary,
			id,
			address: `${of.address.split(':')[0]}:${52_000 + (id % 1000)}`,
			ageSeconds: seconds(at),
			idleSeconds: 0,
		}));
		return [...all, ...back].filter(client => !killed.has(client.id));
	}

	/** One every ten seconds while the client that does not read is connected. */
	function slow(): readonly SlowCommand[] {
		const until = runaway === undefined ? undefined : (killed.get(runaway) ?? scenario.now());
		if (scenario.name !== 'storm' || until === undefined) return [];
		const count = 40 + Math.floor((until - scenario.startedAt) / 10_000);
		return Array.from({length: Math.min(count, 128)}, (_, at) => {
			const id = count - at;
			return {
				id,
				at: scenario.startedAt + (id - 40) * 10_000,
				microseconds: 38_000 + Math.floor(20_000 * scenario.stableRandom(`slow ${id}`)),
				command: 'HGETALL',
				args: 1,
				client: '10.2.7.44:51220',
				clientName: 'export-nightly',
			};
		});
	}

	return {
		list,
		bufferBytes: () => list().reduce((sum, client) => sum + (client.totalBytes ?? 0), 0),
		slowCommands: slow,
		kill(id) {
			const client = list().find(one => one.id === id);
			if (client === undefined) return;
			killed.set(id, scenario.now());
			nextId += 1;
			returned.push({id: nextId, of: client, at: scenario.now()});
		},
	};
}
