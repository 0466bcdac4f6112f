import {describe, expect, test} from 'vitest';
import type {Action, Check} from '../../../src/contract/action.ts';
import {defineAction} from '../../../src/contract/define.ts';
import type {Row} from '../../../src/contract/row.ts';
import {AdapterError} from '../../../src/errors.ts';
import {createRunnerFixture} from './runner-fixture.ts';

type Lamps = {
	/** What each lamp does now; one that is not in it is gone. */
	readonly lit: Map<string, string>;
	readonly switched: string[][];
	/** What happens between the last check and the switch. */
	atRun: () => void;
};
type Plan = {readonly lamps: readonly (readonly [string, string])[]};
type Lamp = Row & {readonly shows: string};

const gone = (what: string) => new AdapterError('conflict', what, 'nothing was sent');

/** Lamps that are switched off together: each is bound to the colour that it showed. */
const switchOff: Action<Lamp, Lamps, Plan> = {
	id: 'probe.off',
	title: 'Switch off',
	key: 'F',
	kind: 'probe.lamp',
	selects: 'many',
	params: [],
	shows: [{fact: 'colour', bound: 'the colour'}],
	disabled: () => undefined,
	async preview(rows, _params, {port}) {
		const lamps = rows.map(({id}): readonly [string, string] => {
			const colour = port.lit.get(id);
			if (colour === undefined) throw gone(`lamp ${id} is gone`);
			return [id, colour];
		});
		return {
			plan: {lamps},
			target: 'tank',
			object: lamps.length === 1 ? `lamp ${lamps[0]?.[0]}` : `${lamps.length} lamps`,
			count: lamps.length,
			touches: lamps.map(([id, colour]) => `lamp ${id}, ${colour}`),
			locks: lamps.map(([id]) => `lamp ${id}`),
			cliEquivalent: 'lampctl off',
			impact: 'they go dark',
			boundTo: lamps.map(pair => pair.join(' ')).join(', '),
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
		if (lamps.some(([id, colour]) => port.lit.get(id) !== colour)) throw gone('another colour by then');
		port.switched.push(lamps.map(([id]) => id));
		return {summary: 'off', before: {}};
	},
	verify: async () => ({result: 'done', detail: 'dark'}),
	settleMs: 1000,
	undo: {impossible: 'a lamp that is off stays off'},
};

async function lamps(...names: readonly string[]) {
	const port: Lamps = {lit: new Map(names.map(name => [name, 'green'])), switched: [], atRun: () => {}};
	const {runner, now, clock, told} = await createRunnerFixture({port});
	const rows = names.map((id): Lamp => ({id, target: 'tank', severity: 'ok', shows: 'green'}));
	const answer = async () => {
		const demand = now()?.demand;
		if (demand?.kind === 'key') await runner.confirm({kind: 'key', key: 'y'});
		else if (demand?.kind === 'type') await runner.confirm({kind: 'typed', text: demand.text});
		else if (demand?.kind === 'type-count-reason') {
			await clock.advance(demand.delayMs);
			await runner.confirm({kind: 'typed', text: demand.text, count: String(demand.count), reason: 'too many lights'});
		} else throw new Error(`demands ${demand?.kind}`);
	};
	const renew = () => runner.renew(all => all);
	const propose = () => runner.propose(defineAction<Lamp, Lamps>()(switchOff), rows, {});
	return {port, runner, now, clock, told, answer, renew, propose};
}

describe('a plan that is stale', () => {
	test('is planned again only when it is asked for, and then waits for an answer of its own', async () => {
		const {port, now, propose, answer, renew} = await lamps('a');
		await propose();
		port.lit.set('a', 'red');
		await answer();
		const stale = now();
		expect(stale).toMatchObject({
			state: 'stale',
			reason: 'it changed meanwhile, nothing was sent: lamp a shows red now',
			renewal: {isPart: false},
			changed: [
				{field: 'acts on', before: 'lamp a, green', after: 'lamp a, red'},
				{field: 'bound to', before: 'a green', after: 'a red'},
			],
		});
		await answer().catch(() => {});
		expect(port.switched).toEqual([]);
		await renew();
		expect(now()).toMatchObject({state: 'ready', preview: {touches: ['lamp a, red']}});
		expect(now()?.id).not.toBe(stale?.id);
		expect(now()?.confirmation).toBeUndefined();
		expect(port.switched).toEqual([]);
		await answer();
		expect(now()?.state).toBe('done');
		expect(port.switched).toEqual([['a']]);
	});

	test('goes on with those that are left, as a new plan', async () => {
		const {port, now, propose, answer, renew} = await lamps('a', 'b', 'c', 'd');
		await propose();
		port.lit.delete('b');
		port.lit.set('d', 'red');
		await answer();
		expect(now()).toMatchObject({state: 'stale', renewal: {isPart: true, rows: [{id: 'a'}, {id: 'c'}]}});
		await renew();
		expect(now()).toMatchObject({state: 'ready', preview: {count: 2, object: '2 lamps'}});
		expect(port.switched).toEqual([]);
		await answer();
		expect(port.switched).toEqual([['a', 'c']]);
	});

	test('of a set that has moved before it was first looked at goes on with those that are left', async () => {
		const {port, now, propose, renew} = await lamps('a', 'b', 'c');
		port.lit.delete('a');
		await propose();
		expect(now()).toMatchObject({state: 'stale', renewal: {isPart: true, rows: [{id: 'b'}, {id: 'c'}]}});
		await renew();
		expect(now()).toMatchObject({state: 'ready', preview: {count: 2}});
	});

	test('that the guard refused is planned again too', async () => {
		const {port, now, propose, answer, renew, told} = await lamps('a');
		await propose();
		port.atRun = () => port.lit.set('a', 'red');
		await answer();
		expect(now()).toMatchObject({state: 'stale', reason: 'nothing happened: another colour by then'});
		await renew();
		expect(now()).toMatchObject({state: 'ready', preview: {touches: ['lamp a, red']}});
		expect(await told()).toEqual(['intent', 'outcome stale']);
	});

	test('of which nothing is left offers nothing', async () => {
		const {port, now, propose, answer, renew} = await lamps('a');
		await propose();
		port.lit.delete('a');
		await answer();
		expect(now()?.state).toBe('stale');
		expect(now()?.renewal).toBeUndefined();
		const {id} = now() ?? {};
		await renew();
		expect(now()?.id).toBe(id);
	});
});
