import type {Context} from '../../../src/contract/context.ts';
import type {Line} from '../../../src/contract/document.ts';
import {type AdapterError, messageOf} from '../../../src/errors.ts';
import type {KubernetesPort, LogsRequest} from '../../../src/port/kubernetes.ts';
import type {PodObject} from '../../../src/port/kubernetes-objects.ts';
import {createLineRedactor} from '../../../src/text/redact.ts';
import {type Clock, pause} from '../api/clock.ts';
import {createChannel} from './bounded-queue.ts';
import {type FollowTimings, followLog, type LogNews} from './container-log-follower.ts';
import {type Leads, type LogPart, type LogRow, mostParts, partKey, partsOf, podsOfRows} from './log-containers.ts';
import {shownLine} from './log-line.ts';
import {createSeen, type Seen} from './resume-point.ts';

/** Lines on their way to the screen before the streams have to wait. */
const room = 20_000;
const together = 2000;
/** How often it is looked which pods there are. The pods are watched: that asks nothing of the server. */
const lookMs = 500;
/** Streams mostly break together: they are told together. */
const tellMs = 300;

/** What was read of a part before it is followed. */
export type Begun = {
	readonly part: LogPart;
	readonly seen: Seen;
	readonly restarts: number | undefined;
	/** How far back it is read when nothing was read yet. */
	readonly first: Pick<LogsRequest, 'tailLines' | 'sinceSeconds'>;
};

export type FollowLogsOptions = {
	readonly port: KubernetesPort;
	readonly rows: readonly LogRow[];
	readonly begun: readonly Begun[];
	/** Undefined while there is only one. */
	readonly leads: Leads | undefined;
	readonly clock: Clock;
	readonly timings: FollowTimings;
};

const note = (text: string, severity?: Line['severity']): Line => ({
	text: `-- ${text}`,
	loud: true,
	...(severity === undefined ? {} : {severity}),
});

/** The lines of all logs as they come, with what happens to the pods told among them. Ends when all have come to their end. */
export async function* followLogs(options: FollowLogsOptions, context: Context): AsyncGenerator<readonly Line[]> {
	const {port, rows, clock, timings, leads} = options;
	const ending = new AbortController();
	const signal = AbortSignal.any([context.signal, ending.signal]);
	const channel = createChannel<Line>(room, together);
	const growing = rows.some(row => 'kind' in row);
	const followed = new Set<string>();
	const broken = new Set<string>();
	let pods = new Map<string, PodObject>();
	let running = 0;
	let crowded = false;
	let looked = Promise.withResolvers<void>();

	const say = (line: Line) => void channel.put([line]);
	const connections = createConnectionNews(clock, broken, say);

	function start({part, seen, restarts, first}: Begun): void {
		const key = partKey(part);
		followed.add(key);
		running += 1;
		const mask = createLineRedactor();
		const named = (text: string) => (leads === undefined ? text : `${part.name}: ${text}`);
		void followLog({
			port,
			part,
			clock,
			timings,
			signal,
			seen,
			first,
			restarts,
			pod: () => pods.get(part.uid),
			changed: ms => Promise.race([looked.promise, pause(clock, ms, signal)]),
			put: lines => channel.put(lines.map(line => shownLine(line, leads?.of(part), mask))),
			tell(news: LogNews) {
				if (news.kind === 'lost') connections.lost(key, news.error);
				else if (news.kind === 'back') connections.back(key);
				else if (news.kind === 'said') say(note(named(news.text), news.bad ? 'warn' : undefined));
				else say(note(named('what was written meanwhile is not there any more: lines are missing here'), 'crit'));
			},
		})
			.catch((error: unknown) => say(note(named(messageOf(error)), 'unknown')))
			.finally(() => {
				running -= 1;
				if (running === 0 && !growing) channel.end();
			});
	}

	async function readPods(): Promise<readonly PodObject[]> {
		const now = await podsOfRows(port, rows, {signal, now: context.now});
		pods = new Map(now.map(pod => [pod.metadata.uid, pod]));
		return now;
	}

	/** What was not there before is followed from its first line. */
	async function look(): Promise<void> {
		const now = await readPods();
		for (const part of growing ? partsOf(now, false) : []) {
			const key = partKey(part);
			if (followed.has(key)) continue;
			if (followed.size >= mostParts) {
				if (!crowded) say(note(`more than ${mostParts} containers: the others are not followed`, 'warn'));
				crowded = true;
				break;
			}
			say(note(`${part.name} joins`));
			start({part, seen: createSeen(), restarts: undefined, first: {}});
		}
		const before = looked;
		looked = Promise.withResolvers();
		before.resolve();
	}

	async function keepLooking(): Promise<void> {
		let version = -1;
		while (!signal.aborted) {
			await pause(clock, lookMs, signal);
			// While the pods cannot be read what is known of them stays.
			const watched = await port.watched('pods', {signal, now: context.now}).catch(() => undefined);
			if (watched === undefined || watched.version === version) continue;
			version = watched.version;
			await look().catch(() => {});
		}
	}

	try {
		await readPods().catch(() => []);
		for (const begun of options.begun) start(begun);
		if (running === 0 && !growing) return;
		void keepLooking();
		yield* channel.read(context.signal);
	} finally {
		ending.abort();
		channel.end();
		connections.close();
	}
}

/** Says once that connections broke, and once that all are there again. */
function createConnectionNews(clock: Clock, broken: Set<string>, say: (line: Line) => void) {
	let callOff: (() => void) | undefined;
	let told = false;
	let last: AdapterError | undefined;
	const many = (count: number) =>
		count === 1 ? 'the connection to a log broke' : `the connections to ${count} logs broke`;
	return {
		lost(key: string, error: AdapterError) {
			broken.add(key);
			last = error;
			callOff ??= clock.after(tellMs, () => {
				callOff = undefined;
				if (broken.size === 0 || told) return;
				told = true;
				say(note(`${many(broken.size)}, read on from there as soon as possible: ${last?.message ?? ''}`, 'unknown'));
			});
		},
		back(key: string) {
			broken.delete(key);
			if (broken.size > 0 || !told) return;
			told = false;
			say(note('connected again'));
		},
		close: () => callOff?.(),
	};
}
