import {type Pane, sectionKinds} from '../../src/contract/pane.ts';
import type {Reading} from '../../src/contract/reading.ts';
import type {RowKind, Severity} from '../../src/contract/row.ts';
import {mergeFindings} from '../../src/findings/merge-findings.ts';
import {type Clock, systemClock} from '../../src/time/clock.ts';
import {createWatch, type Watch} from '../../src/watch/watch.ts';
import {linkedTargetNames, metricsQueryFor} from '../metrics-target.ts';
import {panes} from '../panes.ts';
import type {RunConfig} from '../run-config.ts';
import {version} from '../version.ts';
import {transportVia} from '../via.ts';
import {UsageError} from './arguments.ts';
import {jsonValue} from './json-value.ts';

/** Between the two reads: rates are the difference of two. */
const rateIntervalMs = 2000;
/** For one round of reads, connecting included. Every source has a timeout of its own, and they are shorter. */
const roundMs = 30_000;

/** Which of the panes is asked for. @throws UsageError */
function choosePanes(id: string | undefined): readonly Pane[] {
	if (id === undefined) return panes;
	const pane = panes.find(one => one.id === id);
	if (pane === undefined)
		throw new UsageError(`there is no pane ${id}; there are ${panes.map(one => one.id).join(', ')}`);
	return [pane];
}

/** The kinds a pane shows: its sections, and those of its systems that stand in no section and only feed its gauges. */
function kindsOf(chosen: readonly Pane[], estate: RunConfig): ReadonlySet<RowKind> {
	const inSections = (some: readonly Pane[]) => new Set(some.flatMap(pane => pane.sections.flatMap(sectionKinds)));
	const shown = inSections(chosen);
	const shownAnywhere = inSections(panes);
	const systems = new Set(chosen.flatMap(pane => pane.systems));
	for (const {system} of estate.targets) {
		for (const {kind} of system.sources) {
			if (systems.has(system.kind) && !shownAnywhere.has(kind)) shown.add(kind);
		}
	}
	return shown;
}

/** Resolves when `done` holds for every reading, or when time is up. */
function waitFor(watch: Watch, done: (reading: Reading) => boolean, concerns: (reading: Reading) => boolean) {
	return new Promise<void>(resolve => {
		const finish = () => {
			stop();
			cancel();
			resolve();
		};
		const look = () => {
			if (watch.readings().filter(concerns).every(done)) finish();
		};
		const stop = watch.subscribe(look);
		const timer = setTimeout(finish, roundMs);
		const cancel = () => clearTimeout(timer);
		look();
	});
}

/** Something that should have been read and was not. */
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
		if (snapshot === undefined) return [{target, kind, text: `no answer in ${roundMs / 1000} s`, hint: undefined}];
		return snapshot.notes
			.filter(note => note.severity === 'unknown')
			.map(note => ({target, kind, text: note.text, hint: note.hint}));
	});
}

const iso = (time: number | undefined): string | undefined =>
	time === undefined ? undefined : new Date(time).toISOString();

const describe = (reading: Reading, now: number) => ({
	target: reading.target,
	kind: reading.kind,
	state: reading.state,
	readAt: iso(reading.readAt),
	ageSeconds: reading.readAt === undefined ? undefined : (now - reading.readAt) / 1000,
	tookMs: reading.tookMs,
	rows: reading.snapshot?.rows ?? [],
	omitted: reading.snapshot?.omitted ?? 0,
	sample: reading.snapshot?.sample,
	gauges: reading.snapshot?.gauges ?? [],
	notes: reading.snapshot?.notes ?? [],
	failure: reading.failure && {...reading.failure, since: iso(reading.failure.since)},
});

/** 2 goes before 1: what was not read may be worse than what was. */
const exitCode = (unread: readonly UnreadSource[], severities: readonly Severity[]): 0 | 1 | 2 => {
	if (unread.length > 0) return 2;
	return severities.includes('crit') ? 1 : 0;
};

/**
 * Reads everything twice and writes what the panes know as one JSON document.
 * @returns 0: nothing critical, 1: something critical, 2: something could not be read.
 */
export async function runSnapshot(
	estate: RunConfig,
	{
		pane,
		readOnly,
		write,
	}: {readonly pane: string | undefined; readonly readOnly: boolean; readonly write: (text: string) => void},
	clock: Clock = systemClock,
): Promise<number> {
	const chosen = choosePanes(pane);
	const kinds = kindsOf(chosen, estate);
	const shown = estate.targets.filter(({system}) => system.sources.some(source => kinds.has(source.kind)));
	// What is shown may be reached through another target, or ask one: that has to be there too.
	const needed = new Set(shown.map(({target}) => target.name));
	// A set that grows while it is gone through is gone through to its end.
	for (const name of needed) {
		for (const {target} of estate.targets)
			if (target.name === name) for (const other of linkedTargetNames(target)) needed.add(other);
	}
	const targets = estate.targets.filter(({target}) => needed.has(target.name));
	const concerns = (reading: Reading) => kinds.has(reading.kind);
	const watch = createWatch({targets, clock, readOnly, via: transportVia, metrics: metricsQueryFor});
	try {
		watch.setVisible(kinds);
		watch.start();
		await waitFor(watch, reading => reading.readAt !== undefined || reading.failure !== undefined, concerns);
		const first = new Map(watch.readings().map(reading => [`${reading.target} ${reading.kind}`, reading]));
		await new Promise(resolve => setTimeout(resolve, rateIntervalMs));
		watch.refresh();
		const again = (reading: Reading) => {
			const before = first.get(`${reading.target} ${reading.kind}`);
			return reading.readAt !== before?.readAt || reading.failure?.attempts !== before?.failure?.attempts;
		};
		await waitFor(watch, again, concerns);

		const now = clock.now();
		const readings = watch.readings().filter(concerns);
		const findings = mergeFindings(readings);
		const unread = findUnreadSources(readings);
		const code = exitCode(
			unread,
			findings.map(({severity}) => severity),
		);
		const document = {
			midwatch: version,
			at: iso(now),
			exit: code,
			from: estate.from,
			remarks: estate.remarks,
			targets: shown.map(({target}) => ({
				name: target.name,
				kind: target.kind,
				production: target.production,
				origin: estate.origins[target.name],
				server: watch.identity(target.name),
			})),
			panes: chosen.map(({id, title, sections}) => ({id, title, kinds: sections.flatMap(sectionKinds)})),
			findings: findings.map(finding => ({...finding, since: iso(finding.since)})),
			unread,
			readings: readings.map(reading => describe(reading, now)),
		};
		write(`${JSON.stringify(jsonValue(document), undefined, '\t')}\n`);
		return code;
	} finally {
		await watch.close();
	}
}
