import {createHash} from 'node:crypto';
import type {Labels} from '../../../src/contract/row.ts';
import {matchesLabels} from '../../../src/model/alertmanager/matcher.ts';
import type {Matcher, Silence} from '../../../src/port/alertmanager.ts';
import type {Scenario} from '../../scenario.ts';
import {slowDisk} from '../monitoring/monitoring.ts';

/** Times in epoch milliseconds. */
type StoredSilence = Omit<Silence, 'state' | 'startsAt' | 'endsAt' | 'updatedAt'> & {
	readonly startsAt: number;
	readonly endsAt: number;
	readonly updatedAt: number;
};

export type SilenceRequest = Pick<Silence, 'matchers' | 'createdBy' | 'comment'> & {
	readonly id?: string | undefined;
	readonly startsAt: number;
	readonly endsAt: number;
};

export type Silences = {
	list(): readonly Silence[];
	/** Creates or changes a silence. @returns its id: a new one when `id` names a silence that has ended or has other matchers. Undefined: there is no silence with that id. */
	set(silence: SilenceRequest): string | undefined;
	/** Ends a silence. @returns false when there is no silence with that id. */
	expire(id: string): boolean;
	/** Ids of the silences that hide an alert now. */
	silencesMatching(labels: Labels): readonly string[];
};

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const equals = (labels: Labels): readonly Matcher[] =>
	Object.entries(labels).map(([name, value]) => ({name, value, isRegex: false, isEqual: true}));

/** Silences that other users created before the demo began. */
function initialSilences({name, startedAt}: Scenario): readonly Omit<StoredSilence, 'id' | 'updatedAt'>[] {
	const disk = {
		matchers: equals({alertname: 'NodeDiskSlow', instance: slowDisk['instance'] ?? ''}),
		createdBy: 'mira',
		comment: 'disk is swapped tonight, OPS-412',
		startsAt: startedAt - 4 * hour,
		endsAt: startedAt + 7 * hour,
	};
	const ended = {
		matchers: equals({alertname: 'HighErrorRate', job: 'search-api'}),
		createdBy: 'jonas',
		comment: 'reindexing',
		startsAt: startedAt - 3 * hour,
		endsAt: startedAt - 20 * minute,
	};
	const forgotten = {
		matchers: [
			...equals({alertname: 'HighErrorRate'}),
			{name: 'job', value: 'gateway-.*', isRegex: true, isEqual: true},
		],
		createdBy: 'old-oncall',
		comment: 'noisy, look at it after the release',
		startsAt: startedAt - 23 * day,
		endsAt: startedAt + 40 * day,
	};
	return name === 'storm' ? [disk, ended, forgotten] : [disk, ended];
}

const sameMatchers = (a: readonly Matcher[], b: readonly Matcher[]): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Stores silences by the rules of https://github.com/prometheus/alertmanager/blob/v0.25.0/silence/silence.go */
export function createSilences(scenario: Scenario): Silences {
	const stored = new Map<string, StoredSilence>();
	let made = 0;
	const stateOf = ({startsAt, endsAt}: StoredSilence): Silence['state'] => {
		const now = scenario.now();
		return now >= endsAt ? 'expired' : now < startsAt ? 'pending' : 'active';
	};

	/** A new id in the form of a UUID, the same in each run. */
	function newId(): string {
		made += 1;
		const hex = createHash('sha256').update(`${scenario.seed} silence ${made}`).digest('hex');
		return [
			hex.slice(0, 8),
			hex.slice(8, 12),
			`4${hex.slice(13, 16)}`,
			`a${hex.slice(17, 20)}`,
			hex.slice(20, 32),
		].join('-');
	}

	function add(silence: Omit<StoredSilence, 'id'>): string {
		const id = newId();
		stored.set(id, {...silence, id});
		return id;
	}

	for (const silence of initialSilences(scenario)) add({...silence, updatedAt: silence.startsAt});

	function expire(id: string): boolean {
		const silence = stored.get(id);
		if (silence === undefined) return false;
		const now = scenario.now();
		const state = stateOf(silence);
		if (state === 'active') stored.set(id, {...silence, endsAt: now, updatedAt: now});
		if (state === 'pending') stored.set(id, {...silence, startsAt: now, endsAt: now, updatedAt: now});
		return true;
	}

	return {
		list: () =>
			[...stored.values()].map(silence => ({
				...silence,
				state: stateOf(silence),
				startsAt: new Date(silence.startsAt).toISOString(),
				endsAt: new Date(silence.endsAt).toISOString(),
				updatedAt: new Date(silence.updatedAt).toISOString(),
			})),
		set({id, ...change}) {
			const now = scenario.now();
			const old = id === undefined ? undefined : stored.get(id);
			if (id !== undefined && old === undefined) return undefined;
			if (old !== undefined && stateOf(old) === 'active' && sameMatchers(old.matchers, change.matchers)) {
				stored.set(old.id, {...old, ...change, startsAt: old.startsAt, updatedAt: now});
				return old.id;
			}
			if (old !== undefined) expire(old.id);
			return add({...change, startsAt: Math.max(change.startsAt, now), updatedAt: now});
		},
		expire,
		silencesMatching: labels =>
			[...stored.values()]
				.filter(silence => stateOf(silence) === 'active' && matchesLabels(silence.matchers, labels))
				.map(({id}) => id),
	};
}
