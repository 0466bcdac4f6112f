import fc from 'fast-check';
import {afterEach, expect, test} from 'vitest';
import {createStore} from '../../../src/watch/store.ts';
import {mountTestTerminal, type SeenCell, type TestTerminal} from '../test-terminal.tsx';
import {
	createRows,
	overlayRowWidth,
	RandomDeck,
	type RandomRow,
	rowArbitrary,
	rowOf,
	type Scene,
	sceneArbitrary,
	widthsOf,
} from './random-deck.tsx';

type Step =
	| {readonly kind: 'rows'; readonly section: number; readonly rows: readonly RandomRow[]}
	| {readonly kind: 'scroll'; readonly by: number}
	| {readonly kind: 'scene'; readonly scene: Scene}
	| {readonly kind: 'overlays'; readonly overlays: Scene['overlays']}
	| {readonly kind: 'stall'; readonly rows: readonly RandomRow[]};

const randomRows = fc.array(rowArbitrary, {maxLength: 14});
const step: fc.Arbitrary<Step> = fc.oneof(
	fc.record({kind: fc.constant('rows' as const), section: fc.nat(4), rows: randomRows}),
	fc.record({kind: fc.constant('scroll' as const), by: fc.integer({min: 1, max: 3})}),
	fc.record({kind: fc.constant('scene' as const), scene: sceneArbitrary}),
	fc.record({kind: fc.constant('overlays' as const), overlays: sceneArbitrary.map(scene => scene.overlays)}),
	fc.record({kind: fc.constant('stall' as const), rows: randomRows}),
);

const open: TestTerminal[] = [];
afterEach(() => {
	for (const terminal of open.splice(0)) terminal.unmount();
});

const fields: readonly (keyof SeenCell)[] = [
	'text',
	'cells',
	'foreground',
	'background',
	'bold',
	'dim',
	'italic',
	'underline',
	'inverse',
	'struck',
];
const sameCell = (one: SeenCell, other: SeenCell): boolean => fields.every(field => one[field] === other[field]);

/** Where two screens differ, as words; '' when they are equal. */
function apart(one: readonly (readonly SeenCell[])[], other: readonly (readonly SeenCell[])[]): string {
	const places: string[] = [];
	one.forEach((row, y) => {
		row.forEach((cell, x) => {
			const against = other[y]?.[x];
			if (against === undefined || !sameCell(cell, against))
				places.push(`${x},${y}: ${JSON.stringify(cell)} is not ${JSON.stringify(against)}`);
		});
	});
	return places.slice(0, 5).join('\n');
}

async function compare(first: Scene, steps: readonly Step[]): Promise<number> {
	let scene = first;
	let screens = 0;
	const rows = createRows(4);
	const held = createStore<readonly string[]>([]);
	const deck = () => <RandomDeck scene={scene} rows={rows} held={held} />;
	const composed = mountTestTerminal(deck(), scene.size);
	const plain = mountTestTerminal(deck(), {...scene.size, compositor: false});
	open.push(composed, plain);
	const check = async () => {
		screens += 1;
		const [ours, inks] = await Promise.all([composed.cells(), plain.cells()]);
		expect(apart(ours, inks)).toBe('');
	};
	const setRows = (section: number, random: readonly RandomRow[]) => {
		const width = widthsOf(scene)[section];
		if (width === undefined) held.set(random.map(row => rowOf(row, overlayRowWidth)));
		else rows[section]?.set(random.map(row => rowOf(row, width)));
	};
	await check();
	for (const next of steps) {
		if (next.kind === 'rows') setRows(next.section, next.rows);
		if (next.kind === 'scroll')
			for (const source of rows) source.set([...source.get().slice(next.by), ...source.get().slice(0, next.by)]);
		if (next.kind === 'overlays') scene = {...scene, overlays: next.overlays};
		if (next.kind === 'scene') {
			scene = next.scene;
			for (const source of rows) source.set([]);
			await Promise.all([composed.resize(scene.size), plain.resize(scene.size)]);
		}
		if (next.kind === 'stall') {
			composed.stall(true);
			setRows(0, next.rows);
			await composed.cells();
			setRows(0, next.rows.toReversed());
			setRows(1, next.rows);
			await composed.cells();
			composed.stall(false);
		}
		composed.rerender(deck());
		plain.rerender(deck());
		await check();
	}
	for (const terminal of open.splice(0)) terminal.unmount();
	return screens;
}

/** About 4 screens per run, so 2,000 screens in all. */
const runs = Number(process.env['MIDWATCH_SCREENS'] ?? 2000) / 4;

test('the compositor and plain Ink show the same cells with the same attributes', async () => {
	let screens = 0;
	await fc.assert(
		fc.asyncProperty(sceneArbitrary, fc.array(step, {minLength: 1, maxLength: 6}), async (scene, steps) => {
			screens += await compare(scene, steps);
		}),
		{numRuns: runs},
	);
	expect(screens).toBeGreaterThanOrEqual(runs * 3);
}, 240_000);

test('the comparison finds one wrong attribute of one cell', async () => {
	const scene: Scene = {size: {columns: 20, rows: 5}, title: 'title', shares: [1], overlays: []};
	const rows = createRows(1);
	const held = createStore<readonly string[]>([]);
	const right = mountTestTerminal(<RandomDeck scene={scene} rows={rows} held={held} />, scene.size);
	open.push(right);
	rows[0]?.set(['\u001b[1;31mabc\u001b[m']);
	const before = await right.cells();
	expect(apart(before, await right.cells())).toBe('');
	rows[0]?.set(['\u001b[1;31ma\u001b[2mb\u001b[22;1mc\u001b[m']);
	expect(apart(before, await right.cells())).toMatch(/^1,1: .*"dim":false.* is not .*"dim":true[^\n]*$/);
});
