import {describe, expect, it} from 'vitest';
import type {Finding} from '../../../src/contract/finding.ts';
import type {Failure, Reading} from '../../../src/contract/reading.ts';
import {formatFindingAge, mergeFindings} from '../../../src/findings/merge-findings.ts';
import {sourceUnreadableFinding} from '../../../src/watch/read-failure.ts';
import {liveReading} from '../contract/live-reading.ts';

const finding = (target: string, id: string, severity: Finding['severity'], since: number): Finding => ({
	id,
	type: 'postgres.sessions-blocked',
	target,
	severity,
	sentence: `${id} is wrong`,
	since,
	kind: 'postgres.session',
	evidence: [],
	actions: [],
	inspections: [],
});

const live = (target: string, kind: Reading['kind'], findings: readonly Finding[]) =>
	liveReading(kind, [], {target, readAt: 1000, findings});

function failed(target: string, kind: Reading['kind'], part: Partial<Failure> = {}): Reading {
	const failure: Failure = {
		kind: 'unreachable',
		message: 'connection refused',
		hint: 'Start it.',
		since: 500,
		attempts: 1,
		...part,
	};
	const reading = live(target, kind, []);
	return {...reading, state: 'failed', failure, findings: [sourceUnreadableFinding(reading, kind, failure)]};
}

const brief = (readings: readonly Reading[]) => mergeFindings(readings).map(({id, severity}) => `${severity} ${id}`);

describe('all findings', () => {
	it('puts the worst first, then the newest', () => {
		const readings = [
			live('a', 'postgres.session', [finding('a', 'old', 'warn', 1), finding('a', 'new', 'warn', 9)]),
			live('b', 'redis.server', [finding('b', 'dark', 'unknown', 99), finding('b', 'bad', 'crit', 5)]),
		];
		expect(brief(readings)).toEqual(['crit bad', 'warn new', 'warn old', 'unknown dark']);
		expect(brief(readings.toReversed())).toEqual(brief(readings));
	});

	it('puts findings that may be older than their date behind those that are not', () => {
		const found = live('a', 'postgres.session', [{...finding('a', 'found', 'warn', 50), atLeast: true}]);
		const dated = live('b', 'redis.server', [finding('b', 'dated', 'warn', 10)]);
		expect(brief([found, dated])).toEqual(['warn dated', 'warn found']);
	});

	it('shows the age of a finding, or for how long it is known', () => {
		const known = finding('a', 'x', 'warn', 1000);
		const {since: _, ...undated} = known;
		expect(formatFindingAge(known, 373_000)).toBe('6m12s');
		expect(formatFindingAge({...known, atLeast: true}, 373_000)).toBe('>6m12s');
		expect(formatFindingAge(undated, 373_000)).toBe('');
	});

	it('shows each finding of a target once, with its worst severity', () => {
		const readings = [
			live('a', 'postgres.session', [finding('a', 'same', 'warn', 1)]),
			live('a', 'postgres.statement', [finding('a', 'same', 'crit', 1)]),
			live('b', 'postgres.session', [finding('b', 'same', 'warn', 1)]),
		];
		expect(brief(readings)).toEqual(['crit same', 'warn same']);
	});

	it('shows an unreachable target as one finding: unknown at first, critical once the failure persists', () => {
		const dead = (attempts: number) => [
			failed('a', 'postgres.session', {since: 700, attempts}),
			failed('a', 'postgres.statement', {attempts}),
			live('b', 'postgres.session', []),
		];
		expect(brief(dead(1))).toEqual(['unknown a/unreadable']);
		expect(brief(dead(3))).toEqual(['crit a/unreadable']);
		expect(mergeFindings(dead(3))[0]).toMatchObject({sentence: 'cannot be read: connection refused', since: 500});
	});

	it('never shows a server as critical that answers but denies access', () => {
		expect(brief([failed('a', 'postgres.session', {kind: 'denied', attempts: 50})])).toEqual(['unknown a/unreadable']);
	});

	it('names the one source that fails when the others do not', () => {
		const readings = [failed('a', 'postgres.session', {attempts: 9}), live('a', 'postgres.statement', [])];
		expect(brief(readings)).toEqual(['unknown a/postgres.session/unreadable']);
	});

	it('does not count paused sources', () => {
		const paused: Reading = {...live('a', 'redis.prefix', []), state: 'paused'};
		expect(brief([failed('a', 'redis.server'), paused])).toEqual(['unknown a/unreadable']);
	});

	it('still shows what was known of a target before it became unreachable', () => {
		const dead = failed('a', 'postgres.session');
		const readings = [{...dead, findings: [finding('a', 'locked', 'crit', 1), ...dead.findings]}];
		expect(brief(readings)).toEqual(['crit locked', 'unknown a/unreadable']);
	});
});
