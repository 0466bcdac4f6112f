import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import * as z from 'zod';
import {jsonOutput, withIsoTimes} from '../../bin/cli/json-output.ts';
import {type JsonOutput, jsonOutputSchema} from '../../bin/cli/json-schema.ts';
import {systems} from '../../bin/systems.ts';
import {createAudit} from '../../src/audit/audit-log.ts';
import {systemClock} from '../../src/time/clock.ts';
import {readFailureFindingTypes} from '../../src/watch/read-failure.ts';
import {type BuiltProgram, buildAlone} from '../e2e/built-program.ts';
import {actor} from '../src/state/test-actor.ts';

let midwatch: BuiltProgram;
beforeAll(() => {
	midwatch = buildAlone();
});
afterAll(() => midwatch.remove());

const published = z.fromJSONSchema(
	JSON.parse(readFileSync(new URL('../../docs/json-schema.json', import.meta.url), 'utf8')),
);

/** Runs a command, and checks its output against the published schema and against the stricter one of the source. */
async function run<K extends JsonOutput['kind']>(kind: K, ...args: readonly string[]) {
	const {code, stdout, stderr} = await midwatch.run([...args, '--json']);
	expect(stderr).toBe('');
	const output: unknown = JSON.parse(stdout);
	published.parse(output);
	const parsed = jsonOutputSchema.parse(output);
	expect(parsed).toMatchObject({kind, schemaVersion: 1, exitCode: code});
	expect(Math.abs(Date.parse(parsed.at) - Date.now())).toBeLessThan(60_000);
	return parsed as Extract<JsonOutput, {kind: K}>;
}

/** The paths of all numbers that can only be times in epoch milliseconds: from 2017 to 2039. */
function epochTimes(value: unknown, path = ''): readonly string[] {
	if (typeof value === 'number') return value > 1.5e12 && value < 2.2e12 ? [path] : [];
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, member]) => epochTimes(member, `${path}.${name}`));
}

const types = new Set(
	[...readFailureFindingTypes, ...systems.flatMap(({findingTypes}) => findingTypes)].map(({type}) => type),
);

describe('every --json output follows the schema', () => {
	test.each(['default', 'calm', 'crashloop', 'locks', 'memory', 'lag', 'scrape', 'storm'])(
		'snapshot of the demo %s: its times are ISO 8601, its finding types are declared',
		async scenario => {
			const {data} = await run('snapshot', 'snapshot', '--demo', scenario);
			expect(data.readings.flatMap(({rows}) => rows).length).toBeGreaterThan(20);
			expect(epochTimes(data)).toEqual([]);
			// A time in seconds, taken for milliseconds, is in January 1970.
			expect(JSON.stringify(data)).not.toContain('"1970-');
			for (const {type} of data.findings) expect(types).toContain(type);
		},
	);

	test('snapshot of a target that cannot be reached', async () => {
		const config = join(midwatch.home, 'unreachable.yaml');
		writeFileSync(config, 'targets: [{name: cache, kind: redis, host: 127.0.0.1, port: 1}]\n', {mode: 0o600});
		const {data, exitCode} = await run('snapshot', 'snapshot', '--config', config);
		expect(exitCode).toBe(2);
		expect(data.unread[0]).toMatchObject({target: 'cache', hint: expect.any(String)});
		const doctor = await run('doctor', 'doctor', '--config', config);
		expect(doctor.data.targets).toMatchObject([
			{name: 'cache', access: 'guarded', error: {during: 'connect', kind: 'unreachable'}, exitCode: 2},
		]);
	});

	test('doctor of the demo', async () => {
		const {data} = await run('doctor', 'doctor', '--demo', 'calm');
		expect(data.targets.length).toBeGreaterThan(5);
		for (const target of data.targets) expect(target.server?.version, target.name).toBeTruthy();
		expect(data.audit.lines.length).toBeGreaterThan(1);
	});

	test('audit verify and audit show', async () => {
		const stateDir = join(midwatch.home, '.local', 'state', 'midwatch');
		expect((await run('audit-verify', 'audit', 'verify')).data).toEqual({files: [], errors: []});
		const audit = createAudit({stateDir, clock: systemClock, actor, app: '0.1.0'});
		const record = await audit.append({kind: 'start', note: 'the demo'});
		const verified = await run('audit-verify', 'audit', 'verify');
		expect(verified.data.files).toMatchObject([{records: 1, firstSeq: 1, verdict: 'sound'}]);
		const copy = join(midwatch.home, 'copy.log');
		writeFileSync(copy, `${JSON.stringify({seq: record.seq, hash: record.hash})}\n`);
		const compared = await run('audit-verify', 'audit', 'verify', '--against', copy);
		expect(compared.data.copy).toEqual({path: copy, compared: 1, faults: [], gaps: []});
		const missing = await run('audit-verify', 'audit', 'verify', join(midwatch.home, 'none.jsonl'));
		expect(missing).toMatchObject({exitCode: 2, data: {files: [], errors: [expect.stringContaining('none.jsonl')]}});
		expect((await run('audit-show', 'audit', 'show', record.id)).data.records).toMatchObject([{id: record.id}]);
		expect(await run('audit-show', 'audit', 'show', 'NONE')).toMatchObject({exitCode: 1, data: {records: []}});
	});
});

test('the published schema refuses another envelope', () => {
	const output = JSON.parse(jsonOutput('audit-show', 0, {records: [], errors: []}));
	expect(published.safeParse(output).success).toBe(true);
	for (const change of [{schemaVersion: 2}, {at: 'yesterday'}, {kind: 'keys'}, {data: {}}, {extra: 1}])
		expect(published.safeParse({...output, ...change}).success, JSON.stringify(change)).toBe(false);
});

test('properties named as times become ISO 8601; other numbers are unchanged', () => {
	expect(
		withIsoTimes({at: 0, createdAt: 0, unreadySince: undefined, rows: [{since: 1000}], chart: 5, lagBytes: 7}),
	).toEqual({
		at: '1970-01-01T00:00:00.000Z',
		createdAt: '1970-01-01T00:00:00.000Z',
		unreadySince: undefined,
		rows: [{since: '1970-01-01T00:00:01.000Z'}],
		chart: 5,
		lagBytes: 7,
	});
});
