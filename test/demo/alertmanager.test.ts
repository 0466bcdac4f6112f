import {spawn} from 'node:child_process';
import {afterEach, describe, expect, test} from 'vitest';
import type {FakeHttpServer} from '../../demo/fake-http-server.ts';
import {createScenario, type ScenarioName} from '../../demo/scenario.ts';
import {startAlertmanagerApi} from '../../demo/servers/alertmanager/server.ts';
import {createMonitoring} from '../../demo/servers/monitoring/monitoring.ts';
import {
	createSilenceDirectly,
	describeDedicatedAlertmanager,
	expireSilenceDirectly,
	fireAlert,
} from '../adapters/alertmanager/dedicated-alertmanager.ts';

const minute = 60_000;
let open: FakeHttpServer | undefined;
afterEach(async () => {
	await open?.close();
	open = undefined;
});

/** The fake Alertmanager in one scenario, on a fake clock or on the real one. */
async function standIn(name: ScenarioName, from: number | 'real' = Date.UTC(2026, 10, 21, 14, 5, 22)) {
	let now = from === 'real' ? Date.now() : from;
	const scenario = createScenario(name, {now: () => (from === 'real' ? Date.now() : now)});
	const world = createMonitoring(scenario);
	const server = await startAlertmanagerApi(world, scenario);
	open = server;
	const ask = async (path: string, method = 'GET', body?: unknown) => {
		const answer = await fetch(`${server.url}${path}`, {
			method,
			...(body === undefined ? {} : {body: JSON.stringify(body), headers: {'content-type': 'application/json'}}),
		});
		const text = await answer.text();
		return {status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as unknown};
	};
	const list = async (path: string) => (await ask(path)).body as readonly Readonly<Record<string, never>>[];
	return {
		server,
		world,
		ask,
		list,
		pass(ms: number) {
			now += ms;
		},
		silence: (over: Readonly<Record<string, unknown>> = {}) =>
			ask('/api/v2/silences', 'POST', {
				matchers: [{name: 'alertname', value: 'TargetDown', isRegex: false, isEqual: true}],
				startsAt: new Date(now).toISOString(),
				endsAt: new Date(now + 60 * minute).toISOString(),
				createdBy: 'test',
				comment: 'test',
				...over,
			}),
	};
}

const idOf = ({body}: {readonly body: unknown}) => (body as {readonly silenceID: string}).silenceID;
const names = (alerts: readonly unknown[]) =>
	alerts.map(alert => (alert as {readonly labels: {readonly alertname: string}}).labels.alertname).sort();

describe('the Alertmanager of the demo', () => {
	test('has the alerts of the Prometheus of the demo, with its external labels', async () => {
		const {list} = await standIn('scrape');
		const alerts = await list('/api/v2/alerts');
		expect(names(alerts)).toEqual(['NodeDiskSlow', 'TargetDown', 'Watchdog']);
		for (const {labels} of alerts) expect(labels).toMatchObject({cluster: 'prod-eu'});
		expect(names(await list('/api/v2/alerts?filter=severity%3D~%22crit.*%22'))).toEqual(['TargetDown']);
		expect(names(await list('/api/v2/alerts?filter=nosuch%3D%22%22&silenced=false'))).toEqual([
			'TargetDown',
			'Watchdog',
		]);
		expect(names(await list('/api/v2/alerts?active=false'))).toEqual(['NodeDiskSlow']);
	});

	test('silences until the requested end, or until it is expired', async () => {
		const {ask, list, silence, pass} = await standIn('scrape');
		const id = idOf(await silence());
		const states = async () => {
			const found = (await list('/api/v2/silences')) as unknown as readonly {id: string; status: {state: string}}[];
			return found.find(one => one.id === id)?.status.state;
		};
		expect(names(await list('/api/v2/alerts?active=false'))).toEqual(['NodeDiskSlow', 'TargetDown']);
		pass(59 * minute);
		expect(await states()).toBe('active');
		pass(minute);
		expect(await states()).toBe('expired');
		const other = idOf(await silence());
		expect((await ask(`/api/v2/silence/${other}`, 'DELETE')).status).toBe(200);
		expect((await ask(`/api/v2/silence/${other}`, 'DELETE')).status).toBe(200);
		expect(names(await list('/api/v2/alerts?active=false'))).toEqual(['NodeDiskSlow']);
	});

	test('keeps the id of a silence that lasts longer, and gives another one where it hides something else', async () => {
		const {silence} = await standIn('scrape');
		const id = idOf(await silence());
		const endsAt = new Date(Date.UTC(2026, 10, 21, 20)).toISOString();
		expect(idOf(await silence({id, endsAt}))).toBe(id);
		const matchers = [{name: 'job', value: 'cart', isRegex: false, isEqual: true}];
		const next = idOf(await silence({id, matchers}));
		expect(next).not.toBe(id);
		expect(idOf(await silence({id, endsAt}))).not.toBe(id);
	});

	test.each([
		[{comment: null}, 422],
		[{createdBy: null}, 422],
		[{matchers: []}, 422],
		[{matchers: [{name: 'job', value: '.*', isRegex: true}]}, 400],
		[{endsAt: '2020-01-01T00:00:00Z'}, 400],
		[{endsAt: 'soon'}, 400],
		[{id: '00000000-0000-4000-a000-000000000000'}, 404],
	])('refuses a silence with %j', async (over, status) => {
		const {silence} = await standIn('scrape');
		expect((await silence(over)).status).toBe(status);
	});

	test('refuses unknown requests', async () => {
		const {ask} = await standIn('calm');
		const statuses = await Promise.all([
			ask('/api/v2/nosuch'),
			ask('/api/v2/silences', 'PUT'),
			ask('/api/v2/silence/00000000-0000-4000-a000-000000000000'),
			ask('/api/v2/silence/00000000-0000-4000-a000-000000000000', 'DELETE'),
			ask('/api/v2/alerts?filter=nonsense'),
		]);
		expect(statuses.map(({status}) => status)).toEqual([404, 405, 404, 500, 400]);
	});

	test('is the same in each run', async () => {
		const contents = async () => {
			const {list} = await standIn('storm');
			const all = JSON.stringify([await list('/api/v2/alerts'), await list('/api/v2/silences')]);
			await open?.close();
			return all;
		};
		expect(await contents()).toBe(await contents());
	});
});

/** Names and kinds of all that is in an answer, without the values. */
function shapeOf(value: unknown): unknown {
	if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
	if (typeof value !== 'object' || value === null) return typeof value;
	return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shapeOf(one)]));
}

await describeDedicatedAlertmanager('the Alertmanager of the demo, beside a real one', real => {
	const labels = {alertname: 'TargetDown', job: 'a', instance: 'b', severity: 'critical', cluster: 'c'};
	const annotations = {summary: 'a', runbook_url: 'b'};

	test('answers in the same shape, with the same status', async () => {
		const {server, silence} = await standIn('scrape', 'real');
		await fireAlert(real, labels, annotations);
		await silence();
		const id = await createSilenceDirectly(real, {alertname: 'TargetDown'});
		const both = async (path: string, init?: RequestInit) => {
			const [mine, theirs] = await Promise.all(
				[server, real].map(async ({url}) => {
					const answer = await fetch(`${url}${path}`, init);
					const text = await answer.text();
					return {status: answer.status, shape: text === '' ? '' : shapeOf(JSON.parse(text))};
				}),
			);
			expect(mine, `${init?.method ?? 'GET'} ${path}`).toEqual(theirs);
		};
		await both('/api/v2/alerts?filter=alertname%3D%22TargetDown%22');
		await both('/api/v2/alerts?filter=nonsense');
		await both('/api/v2/silences');
		await both('/api/v2/receivers');
		await both('/api/v2/nosuch');
		await both('/api/v2/silence/00000000-0000-4000-a000-000000000000');
		await both('/api/v2/silence/00000000-0000-4000-a000-000000000000', {method: 'DELETE'});
		const post = (body: unknown) =>
			both('/api/v2/silences', {
				method: 'POST',
				headers: {'content-type': 'application/json'},
				body: JSON.stringify(body),
			});
		const validSilence = {
			matchers: [{name: 'job', value: 'x', isRegex: false}],
			startsAt: new Date().toISOString(),
			endsAt: new Date(Date.now() + minute).toISOString(),
			createdBy: 'a',
			comment: 'b',
		};
		await post(validSilence);
		await post({});
		await post({...validSilence, matchers: []});
		await post({...validSilence, endsAt: 'soon'});
		await post({...validSilence, endsAt: '2020-01-01T00:00:00Z'});
		await post({...validSilence, matchers: [{name: 'job', value: '.*', isRegex: true}]});
		await post({...validSilence, id: '00000000-0000-4000-a000-000000000000'});
		await expireSilenceDirectly(real, id);
	});

	test('is accepted by amtool', async () => {
		const {server} = await standIn('scrape', 'real');
		const run = (...words: readonly string[]) =>
			new Promise<string>(resolve => {
				const child = spawn('amtool', [`--alertmanager.url=${server.url}`, ...words]);
				let output = '';
				child.stdout.on('data', chunk => (output += String(chunk)));
				child.stderr.on('data', chunk => (output += String(chunk)));
				child.on('close', () => resolve(output.trim()));
			});
		expect(await run('alert', 'query', 'severity=critical')).toContain('TargetDown');
		expect(await run('silence', 'query')).toContain('OPS-412');
		const id = await run('silence', 'add', '--comment=manual', '--duration=2h', 'alertname=TargetDown');
		expect(await run('alert', 'query')).not.toContain('TargetDown');
		expect(await run('silence', 'expire', id)).toBe('');
		expect(await run('alert', 'query')).toContain('TargetDown');
	});
});
