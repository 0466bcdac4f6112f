import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {demoEstate} from '../../demo/estate.ts';
import type {ScenarioName} from '../../demo/scenario.ts';
import type {Params} from '../../src/contract/param.ts';
import type {Row, RowKind} from '../../src/contract/row.ts';
import {mergeFindings} from '../../src/findings/merge-findings.ts';
import {createWatch, type Watch} from '../../src/watch/watch.ts';
import {fakeSaveFile} from '../adapters/conformance-subject.ts';
import {createFakeClock, type FakeClock} from '../fake-clock.ts';
import {advanceDemo} from './advance-demo.ts';

let watch: Watch;
let clock: FakeClock;

async function open(name: ScenarioName): Promise<void> {
	clock = createFakeClock();
	const targets = demoEstate(name, {now: clock.now, clock}).filter(({target}) =>
		['prom-main', 'alerts-main'].includes(target.name),
	);
	watch = createWatch({targets, clock, readOnly: false, random: () => 0.5});
	watch.setVisible(new Set<RowKind>(targets.flatMap(({system}) => system.sources.map(({kind}) => kind))));
	watch.start();
	await advanceDemo(watch, clock, 4);
}

const troubles = () => mergeFindings(watch.readings()).map(({severity, id}) => `${severity} ${id}`);
const rows = (target: string, kind: RowKind) => watch.reading(target, kind).get().snapshot?.rows ?? [];
const gauge = (target: string, kind: RowKind, id: string) =>
	watch
		.reading(target, kind)
		.get()
		.snapshot?.gauges.find(one => one.id === id)?.value;

/** What the deck does, from the choice of a row to looking afterwards. */
async function act(name: string, id: string, row: Row | undefined, given: Params = {}) {
	const {target, port} = await watch.connection(name);
	const system = watch.targets.find(one => one.target.name === name)?.system;
	const action = system?.actions.find(one => one.id === id);
	if (action === undefined || row === undefined) throw new Error(`no ${id} on ${name}`);
	const signal = new AbortController().signal;
	const actionContext = {signal, now: clock.now, port, target, record: 'r', saveFile: fakeSaveFile};
	const typed = Object.fromEntries(action.params.map(param => [param.name, given[param.name] ?? param.initial([row])]));
	for (const param of action.params) expect(param.problem(typed[param.name] ?? '')).toBeUndefined();
	const {plan} = await action.preview([row], typed, actionContext);
	const checks = await action.preflight(plan, actionContext);
	expect(checks.filter(({result}) => result === 'block')).toEqual([]);
	const receipt = await action.run(plan, actionContext);
	return {outcome: await action.verify(plan, receipt, actionContext), action, plan, receipt, about: actionContext};
}

const down = () => rows('prom-main', 'prometheus.target').find(row => row.severity === 'crit');
const alert = () => rows('alerts-main', 'alertmanager.alert').find(row => 'name' in row && row.name === 'TargetDown');

const downTarget = 'crit prom-main/scrape/checkout-api/down';
/** The down target is reported by its alert, as long as the alert itself is shown. */
const ill = ['crit alerts-main/alert/TargetDown', 'warn prom-main/server/config'];

describe('the scenario scrape', () => {
	beforeEach(() => open('scrape'));
	afterEach(() => watch.close());

	test('shows the same alert once', () => {
		expect(troubles().sort()).toEqual([...ill].sort());
		const named = rows('prom-main', 'prometheus.alert').filter(row => 'name' in row && row.name === 'TargetDown');
		expect(named).toHaveLength(1);
	});

	test('has no problem once the corrected configuration is loaded', async () => {
		const {outcome} = await act('prom-main', 'prometheus.reload', down());
		expect(outcome.result).toBe('done');
		await advanceDemo(watch, clock, 35);
		expect(troubles()).toEqual([]);
		expect(alert()).toBeUndefined();
		const moved = rows('prom-main', 'prometheus.target').find(
			row => 'instance' in row && row.instance === '10.2.5.3:9464',
		);
		expect(moved).toMatchObject({severity: 'ok'});
		expect(rows('prom-main', 'prometheus.target')).toHaveLength(214);
	});

	test('has fewer findings while its alert is silenced, and as many as before once the silence ends', async () => {
		const sentence = {comment: 'the release is known, OPS-413'};
		const {outcome, action, plan, receipt, about} = await act('alerts-main', 'alertmanager.silence', alert(), sentence);
		expect(outcome).toMatchObject({result: 'done', detail: expect.stringMatching(/hides 1 alert$/)});
		await advanceDemo(watch, clock, 35);
		expect(troubles().sort()).toEqual([downTarget, 'warn prom-main/server/config']);
		expect(alert()).toMatchObject({severity: 'ok', notification: 'silenced'});
		expect(gauge('alerts-main', 'alertmanager.alert', 'silenced')).toBe(2);
		if ('impossible' in action.undo) throw new Error('it can be undone');
		const back = await action.undo.propose(plan, receipt, about);
		await action.run(back.plan, about);
		await advanceDemo(watch, clock, 35);
		expect(troubles().sort()).toEqual([...ill].sort());
	});

	test('is not fixed by a silence that ends: more is reported than before', async () => {
		const silence = rows('alerts-main', 'alertmanager.silence').find(
			row => 'createdBy' in row && row.createdBy === 'mira',
		);
		const {outcome} = await act('alerts-main', 'alertmanager.expire-silence', silence);
		expect(outcome.result).toBe('done');
		await advanceDemo(watch, clock, 35);
		expect(troubles().sort()).toEqual([...ill, 'warn alerts-main/alert/NodeDiskSlow'].sort());
	});
});

describe('the scenario storm', () => {
	beforeEach(() => open('storm'));
	afterEach(() => watch.close());

	test('loses only the problems that the corrected file solves', async () => {
		expect(gauge('prom-main', 'prometheus.target', 'up')).toBe(201);
		await act('prom-main', 'prometheus.reload', down());
		await advanceDemo(watch, clock, 35);
		expect(gauge('prom-main', 'prometheus.target', 'up')).toBe(204);
		expect(troubles().sort()).toEqual([
			'crit alerts-main/alert/TargetDown',
			expect.stringMatching(/^warn alerts-main\/silence\/.*\/forgotten$/),
		]);
	});
});

describe('a scenario without problems in Prometheus', () => {
	afterEach(() => watch.close());

	test.each(['calm', 'still'] as const)('%s has no finding, and a silence that hides a warning', async name => {
		await open(name);
		expect(troubles()).toEqual([]);
		expect(gauge('alerts-main', 'alertmanager.alert', 'silenced')).toBe(1);
		const states = rows('alerts-main', 'alertmanager.silence').map(row => ('state' in row ? row.state : ''));
		expect(states.sort()).toEqual(['active', 'expired']);
	});
});
