import {describe, expect, test} from 'vitest';
import type {Action, Check} from '../../../src/contract/action.ts';
import {defineAction} from '../../../src/contract/define.ts';
import type {Row} from '../../../src/contract/row.ts';
import {AdapterError} from '../../../src/errors.ts';
import {createRunnerFixture} from './runner-fixture.ts';

type Lamps = {
	/** What each lamp does now; a missing one is deleted. */
	readonly lit: Map<string, string>;
	readonly switched: string[][];
	/** What happens between the last check and the switch. */
	atRun: () => void;
};
type Plan = {readonly lamps: readonly (readonly [string, string])[]};
type Lamp = Row & {readonly shows: string};

const conflictError = (what: string) => new AdapterError('conflict', what, 'nothing was sent');

/** Lamps that are switched off together: each is bound to the colour that it showed. */
const switchOff: Action<Lamp, Lamps, Plan> = {
	id: 'probe.off',
	title: 'Switch off',
	key: 'F',
	kind: 'probe.lamp',
	selects: 'many',
	params: [],
	shownFacts: [{fact: 'colour', changeDetectedBy: 'the colour'}],
	disabled: () => undefined,
	async preview(rows, _params, {port}) {
		const lamps = rows.map(({id}): readonly [string, string] => {
			const colour = port.lit.get(id);
			if (colour === undefined) throw conflictError(`lamp ${id} is deleted`);
			return [id, colour];
		});
		return {
			plan: {lamps},
			target: 'demo-target',
			object: lamps.length === 1 ? `lamp ${lamps[0]?.[0]}` : `${lamps.length} lamps`,
			count: lamps.length,
			touches: lamps.map(([id, colour]) => `lamp ${id}, ${colour}`),
			lockNames: lamps.map(([id]) => `lamp ${id}`),
			cliEquivalent: 'lampctl off',
			impact: 'they go dark',
			checkedIdentity: lamps.map(pair => pair.join(' ')).join(', '),
			changes: [],
			risk: 'low',
			undo: {class: 'none', text: 'none'},
		};
	},
	async preflight({lamps}, {port}): Promise<readonly Check[]> {
		return lamps.map(([id, colour]) => {
			const now = port.lit.get(id);
			if (now === colour) return {label: 'lamp', result: 'pass', detail: colour};
			return {label: 'lamp', result: 'block', detail: `lamp ${id} shows ${now ?? 'nothing'} now`, conflict: true};
		});
	},
	unchangedRows: async (rows, plan, {port}) =>
		rows.filter(({id}) => {
			const shown = plan?.lamps.find(([lamp]) => lamp === id)?.[1];
			return shown === undefined ? port.lit.has(id) : port.lit.get(id) === shown;
		}),
	async run({lamps}, {port}) {
		port.atRun();
		if (lamps.some(([id, colour]) => port.lit.get(id) !== colour)) throw conflictError('another colour by then');
		port.switched.push(lamps.map(([id]) => id));
		return {summary: 'off', before: {}};
	},
	verify: async () => ({result: 'done', detail: 'dark'}),
	settleMs: 1000,
	undo: {impossible: 'a lamp that is off stays off'},
};

async function lamps(...names: readonly string[]) {
	const port: Lamps = {lit: new Map(names.map(name => [name, 'green'])), switched: [], atRun: () => {}};
	const {runner, now, clock, recorded} = await createRunnerFixture({port});
	const rows = names.map(
		(id): Lamp => ({id, kind: 'probe.lamp', target: 'demo-target', severity: 'ok', shows: 'green'}),
	);
	const answer = async () => {
		const demand = now()?.demand;
		if (demand?.kind === 'key') await runner.confirm({kind: 'key', key: 'y'});
		else if (demand?.kind === 'type') await runner.confirm({kind: 'typed', text: demand.text});
		else if (demand?.kind === 'type-count-reason') {
			await clock.advance(demand.delayMs);
			await runner.confirm({kind: 'typed', text: demand.text, count: String(demand.count), reason: 'too many lights'});
		} else throw new Error(`demands ${demand?.kind}`);
	};
	const replan = () => runner.replan(all => all);
	const propose = () => runner.propose(defineAction<Lamp, Lamps>()(switchOff), rows, {});
	return {port, runner, now, clock, recorded, answer, replan, propose};
}

describe('a stale plan', () => {
	test('is replanned only on request, and then waits for its own answer', async () => {
		const {port, now, propose, answer, replan} = await lamps('a');
		await propose();
		port.lit.set('a', 'red');
		await answer();
		const stale = now();
		expect(stale).toMatchObject({
			state: 'stale',
			reason: 'it has changed, nothing was sent: lamp a shows red now',
			replanOffer: {isPart: false},
			changed: [
				{field: 'acts on', before: 'lamp a, green', after: 'lamp a, red'},
				{field: 'bound to', before: 'a green', after: 'a red'},
			],
		});
		await answer().catch(() => {});
		expect(port.switched).toEqual([]);
		await replan();
		expect(now()).toMatchObject({state: 'ready', preview: {touches: ['lamp a, red']}});
		expect(now()?.id).not.toBe(stale?.id);
		expect(now()?.confirmation).toBeUndefined();
		expect(port.switched).toEqual([]);
		await answer();
		expect(now()?.state).toBe('done');
		expect(port.switched).toEqual([['a']]);
	});

	test('is replanned for the rows that have not changed', async () => {
		const {port, now, propose, answer, replan} = await lamps('a', 'b', 'c', 'd');
		await propose();
		port.lit.delete('b');
		port.lit.set('d', 'red');
		await answer();
		expect(now()).toMatchObject({state: 'stale', replanOffer: {isPart: true, rows: [{id: 'a'}, {id: 'c'}]}});
		await replan();
		expect(now()).toMatchObject({state: 'ready', preview: {count: 2, object: '2 lamps'}});
		expect(port.switched).toEqual([]);
		await answer();
		expect(port.switched).toEqual([['a', 'c']]);
	});

	test('of rows that changed before the first preview is replanned for the others', async () => {
		const {port, now, propose, replan} = await lamps('a', 'b', 'c');
		port.lit.delete('a');
		await propose();
		expect(now()).toMatchObject({state: 'stale', replanOffer: {isPart: true, rows: [{id: 'b'}, {id: 'c'}]}});
		await replan();
		expect(now()).toMatchObject({state: 'ready', preview: {count: 2}});
	});

	test('can be replanned when the server refused it with a conflict', async () => {
		const {port, now, propose, answer, replan, recorded} = await lamps('a');
		await propose();
		port.atRun = () => port.lit.set('a', 'red');
		await answer();
		expect(now()).toMatchObject({state: 'stale', reason: 'nothing happened: another colour by then'});
		await replan();
		expect(now()).toMatchObject({state: 'ready', preview: {touches: ['lamp a, red']}});
		expect(await recorded()).toEqual(['intent', 'outcome stale']);
	});

	test('offers nothing when no row is left', async () => {
		const {port, now, propose, answer, replan} = await lamps('a');
		await propose();
		port.lit.delete('a');
		await answer();
		expect(now()?.state).toBe('stale');
		expect(now()?.replanOffer).toBeUndefined();
		const {id} = now() ?? {};
		await replan();
		expect(now()?.id).toBe(id);
	});
});
