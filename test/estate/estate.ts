import {chmodSync, existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {
	type Estate,
	readEstateRecord,
	removeEstateRecord,
	type Server,
	withEstateLock,
	writeEstateRecord,
} from './estate-record.ts';
import {stopKafka} from './kafka/kafka.ts';
import {openConsole} from './open-console.ts';
import {stopPostgres} from './postgres.ts';
import {isRunning, stopProcess} from './server-process.ts';
import {type ServerStarter, serverStarters} from './server-starters.ts';

const usage = `npm run estate -- COMMAND [--only NAME,NAME]

  up      starts the servers that are not up, and waits until each one answers
  down    stops them and deletes their data
  status  says which are up
  deck    starts them and opens the console on them
  groups  keeps groups of every kind on the Kafka that --only names, until Ctrl-C
`;

// A reader that went away (`| head`) or Ctrl-C must not leave a server behind that is on no record.
process.stdout.on('error', () => {});
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => (interrupted = true));

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Starts the servers that are not up. A server that fails while it starts is removed completely. */
async function up(only: readonly string[] | undefined): Promise<boolean> {
	let estate: Estate | undefined = readEstateRecord();
	if (estate === undefined || !existsSync(estate.folder)) {
		const folder = mkdtempSync(join(tmpdir(), 'midwatch-estate-'));
		chmodSync(folder, 0o755);
		estate = {folder, servers: [], missing: {}};
		writeEstateRecord(estate);
	}
	const wanted = withPrimaries(only);
	for (const plan of serverStarters.filter(each => wanted.includes(each.name))) {
		if (interrupted) return false;
		const before = estate.servers.find(server => server.name === plan.name);
		if (before && isUp(before)) {
			say(line(before));
			continue;
		}
		if (before) await halt(before);
		const servers: readonly Server[] = estate.servers.filter(server => server.name !== plan.name);
		const {[plan.name]: _, ...missing} = estate.missing;
		rmSync(join(estate.folder, plan.name), {recursive: true, force: true});
		try {
			const server = await plan.start(estate.folder, servers);
			estate = {...estate, servers: [...servers, server], missing};
			say(line(server));
		} catch (error) {
			const why = error instanceof Error ? error.message : String(error);
			estate = {...estate, servers, missing: {...missing, [plan.name]: why}};
			say(`${plan.name.padEnd(22)} missing: ${why}`);
		}
		writeEstateRecord(estate);
	}
	const missing = estate.missing;
	return wanted.every(name => missing[name] === undefined);
}

function withPrimaries(only: readonly string[] | undefined): readonly string[] {
	if (only === undefined) return serverStarters.map(plan => plan.name);
	const names = new Set(only);
	for (const name of only) {
		const plan: ServerStarter | undefined = serverStarters.find(each => each.name === name);
		if (plan === undefined)
			throw new Error(`there is no server ${name}; there are ${serverStarters.map(each => each.name).join(', ')}`);
		for (const first of [plan.after ?? []].flat()) names.add(first);
	}
	return [...names];
}

/** Whether it needs another server of the estate. */
const follows = (server: Server): boolean =>
	server.replicaOf !== undefined || (server.kind === 'postgres' && server.poolerOf !== undefined);

/** Stops the servers, replicas and poolers first, so that these do not try to reconnect. Stops only processes that the estate started. */
async function down(only: readonly string[] | undefined): Promise<void> {
	const estate = readEstateRecord();
	if (estate === undefined) return say('nothing is up');
	const going = estate.servers.filter(server => only === undefined || only.includes(server.name));
	const ordered = [...going].sort((a, b) => Number(follows(b)) - Number(follows(a)));
	for (const server of ordered) {
		await halt(server);
		rmSync(join(estate.folder, server.name), {recursive: true, force: true});
		say(`${server.name.padEnd(22)} stopped`);
	}
	const servers = estate.servers.filter(server => !going.includes(server));
	if (servers.length > 0) return writeEstateRecord({...estate, servers});
	rmSync(estate.folder, {recursive: true, force: true});
	removeEstateRecord();
}

function halt(server: Server): Promise<void> {
	if (server.kind === 'postgres' && server.poolerOf === undefined) return stopPostgres(server);
	return server.kind === 'kafka' ? stopKafka(server) : stopProcess(server);
}

/** A cluster is up while all of its brokers are. */
const isUp = (server: Server): boolean => (server.kind === 'kafka' ? server.nodes.every(isRunning) : isRunning(server));

function status(): boolean {
	const estate = readEstateRecord();
	for (const {name} of serverStarters) {
		const server = estate?.servers.find(each => each.name === name);
		if (server && isUp(server)) say(line(server));
		else
			say(
				`${name.padEnd(22)} ${server ? 'ended' : `not up${estate?.missing[name] ? `: ${estate.missing[name]}` : ''}`}`,
			);
	}
	return serverStarters.every(({name}) => estate?.servers.some(server => server.name === name && isUp(server)));
}

const line = (server: Server): string =>
	`${server.name.padEnd(22)} ${server.kind} ${server.version.padEnd(8)} ${server.host}:${server.port} pid ${server.pid}`;

async function groups(name: string): Promise<void> {
	const server = readEstateRecord()?.servers.find(each => each.name === name);
	if (server?.kind !== 'kafka' || !isUp(server)) throw new Error(`${name} is not up`);
	const {runKafkaGroups} = await import('./kafka/kafka-groups.ts');
	const end = await runKafkaGroups(server);
	say(`groups of every kind are on ${name}`);
	while (!interrupted) await pause(100);
	await end();
}

const {values, positionals} = parseArgs({
	allowPositionals: true,
	options: {only: {type: 'string'}, help: {type: 'boolean', short: 'h'}},
});
const [verb] = positionals;
const only = values.only?.split(',').filter(name => name !== '');

if (values.help) process.stdout.write(usage);
else if (verb === 'up') process.exitCode = (await withEstateLock(() => up(only))) ? 0 : 1;
else if (verb === 'down') await withEstateLock(() => down(only));
else if (verb === 'status') process.exitCode = status() ? 0 : 1;
else if (verb === 'groups') await groups(only?.[0] ?? 'kafka-4');
else if (verb === 'deck') {
	await withEstateLock(() => up(only));
	process.exitCode = await openConsole(only);
} else {
	process.stderr.write(usage);
	process.exitCode = 2;
}
