import {type Pane, sectionKinds} from '../../src/contract/pane.ts';
import type {Reading} from '../../src/contract/reading.ts';
import type {RowKind, Severity} from '../../src/contract/row.ts';
import {mergeFindings} from '../../src/findings/merge-findings.ts';
import {type Clock, keepAliveClock, pause, systemClock} from '../../src/time/clock.ts';
import type {Watch} from '../../src/watch/watch.ts';
import type {DebugLog} from '../debug-log.ts';
import {describeRun} from '../log-events.ts';
import type {RunConfig} from '../run-config.ts';
import {watchTargets} from '../watch-targets.ts';
import {UsageError} from './arguments.ts';
import {jsonOutput, withIsoTimes} from './json-output.ts';

/** Between the two reads: a rate is computed from two. */
const rateIntervalMs = 2000;
/** Limits one round of reads, connecting included. The timeout of each source is shorter. */
const roundTimeoutMs = 30_000;

/** Returns the pane of `--pane`, or all panes. @throws UsageError when it does not exist. */
function choosePanes(panes: readonly Pane[], id: string | undefined): readonly Pane[] {
	if (id === undefined) return panes;
	const pane = panes.find(candidate => candidate.id === id);
	if (pane === undefined)
		throw new UsageError(`there is no pane ${id}; there are ${panes.map(candidate => candidate.id).join(', ')}`);
	return [pane];
}

/** The row kinds that the panes need: those of their sections, and those of their systems that are in no section and only supply gauges. */
function kindsOf(chosen: readonly Pane[], {declared, targets}: RunConfig): ReadonlySet<RowKind> {
	const inSections = (list: readonly Pane[]) => new Set(list.flatMap(pane => pane.sections.flatMap(sectionKinds)));
	const shown = inSections(chosen);
	const shownAnywhere = inSections(declared.panes);
	const systems = new Set(chosen.flatMap(pane => pane.systems));
	for (const {system} of targets) {
		for (const {kind} of system.sources) {
			if (systems.has(system.kind) && !shownAnywhere.has(kind)) shown.add(kind);
		}
	}
	return shown;
}

/** Resolves when `isDone` holds for every reading that `isShown`, or after the timeout. */
function waitFor(watch: Watch, isDone: (reading: Reading) => boolean, isShown: (reading: Reading) => boolean) {
	return new Promise<void>(resolve => {
		const finish = () => {
			unsubscribe();
			cancelTimer();
			resolve();
		};
		const check = () => {
			if (watch.readings().filter(isShown).every(isDone)) finish();
		};
		const unsubscribe = watch.subscribe(check);
		const cancelTimer = keepAliveClock.after(roundTimeoutMs, finish);
		check();
	});
}

async function readTwice(watch: Watch, isShown: (reading: Reading) => boolean): Promise<void> {
	await waitFor(watch, reading => reading.readAt !== undefined || reading.failure !== undefined, isShown);
	const first = new Map(watch.readings().map(reading => [`${reading.target} ${reading.kind}`, reading]));
	await pause(keepAliveClock, rateIntervalMs);
	watch.refresh();
	const wasReadAgain = (reading: Reading) => {
		const before = first.get(`${reading.target} ${reading.kind}`);
		return reading.readAt !== before?.readAt || reading.failure?.attempts !== before?.failure?.attempts;
	};
	await waitFor(watch, wasReadAgain, isShown);
}

/** A source that was not read, or only in part. */
type UnreadSource = {
	readonly target: string;
	readonly kind: RowKind;
	readonly text: string;
	readonly hint: string | undefined;
};

function findUnreadSources(readings: readonly Reading[]): readonly UnreadSource[] {
	return readings.flatMap((reading): readonly UnreadSource[] => {
		const {target, kind, failure, snapshot} = reading;
		if (failure !== undefined) return [{target, kind, text: failure.message, hint: failure.hint}];
		if (snapshot === undefined)
			return [{target, kind, text: `no answer in ${roundTimeoutMs / 1000} s`, hint: undefined}];
		return snapshot.notes
			.filter(note => note.severity === 'unknown')
			.map(note => ({target, kind, text: note.text, hint: note.hint}));
	});
}

const iso = (time: number | undefined): string | undefined =>
	time === undefined ? undefined : new Date(time).toISOString();

const describeReading = (reading: Reading, now: number) => ({
	target: reading.target,
	kind: reading.kind,
	state: reading.state,
	readAt: iso(reading.readAt),
	ageSeconds: reading.readAt === undefined ? undefined : (now - reading.readAt) / 1000,
	tookMs: reading.tookMs,
	rows: withIsoTimes(reading.snapshot?.rows ?? []),
	omitted: reading.snapshot?.omitted ?? 0,
	sample: reading.snapshot?.sample,
	gauges: reading.snapshot?.gauges ?? [],
	notes: reading.snapshot?.notes ?? [],
	failure: reading.failure && {...reading.failure, since: iso(reading.failure.since)},
});

/** 2 takes precedence over 1: what was not read may be worse than what was. */
const exitCode = (unread: readonly UnreadSource[], severities: readonly Severity[]): 0 | 1 | 2 => {
	if (unread.length > 0) return 2;
	return severities.includes('crit') ? 1 : 0;
};

/** Adds the targets that the shown ones are reached through, or query. */
function withLinkedTargets(shown: RunConfig['targets'], all: RunConfig['targets']): RunConfig['targets'] {
	const needed = new Set(shown.map(({target}) => target.name));
	// A Set iterates over members that are added meanwhile, so links of links are included.
	for (const name of needed) {
		for (const {target, system} of all)
			if (target.name === name) for (const linked of system.links?.(target.settings) ?? []) needed.add(linked.name);
	}
	return all.filter(({target}) => needed.has(target.name));
}

/**
 * Reads everything twice and prints what the panes show as one JSON document.
 * @returns 0: nothing critical, 1: something critical, 2: something could not be read.
 */
export async function runSnapshot(
	config: RunConfig,
	{
		pane,
		readOnly,
		log,
		write,
	}: {
		readonly pane: string | undefined;
		readonly readOnly: boolean;
		readonly log: DebugLog | undefined;
		readonly write: (text: string) => void;
	},
	clock: Clock = systemClock,
): Promise<number> {
	const chosen = choosePanes(config.declared.panes, pane);
	const kinds = kindsOf(chosen, config);
	const shown = config.targets.filter(({system}) => system.sources.some(source => kinds.has(source.kind)));
	const targets = withLinkedTargets(shown, config.targets);
	const isShown = (reading: Reading) => kinds.has(reading.kind);
	const watch = watchTargets({targets, clock, readOnly, log});
	log?.write('start', describeRun(config));
	try {
		watch.setVisible(kinds);
		watch.start();
		await readTwice(watch, isShown);
		const now = clock.now();
		const readings = watch.readings().filter(isShown);
		const findings = mergeFindings(readings);
		const unread = findUnreadSources(readings);
		const code = exitCode(
			unread,
			findings.map(({severity}) => severity),
		);
		const data = {
			from: config.from,
			remarks: config.remarks,
			targets: shown.map(({target}) => ({
				name: target.name,
				kind: target.kind,
				production: target.production,
				origin: config.origins[target.name],
				server: watch.identity(target.name),
			})),
			panes: chosen.map(({id, title, sections}) => ({id, title, kinds: sections.flatMap(sectionKinds)})),
			findings: findings.map(finding => ({...finding, since: iso(finding.since)})),
			unread,
			readings: readings.map(reading => describeReading(reading, now)),
		};
		write(jsonOutput('snapshot', code, data, now));
		return code;
	} finally {
		await watch.close();
	}
}
