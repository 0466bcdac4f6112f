import {afterEach, describe, expect, it} from 'vitest';
import type {ScenarioName} from '../../demo/scenario.ts';
import {dispatchKey} from '../../src/input/dispatch-key.ts';
import {App} from '../../views/app.tsx';
import {createTheme} from '../../views/theme.ts';
import {type DemoDeck, openDemoDeck} from './demo-deck.ts';
import {mountTestTerminal, type TestTerminal} from './test-terminal.tsx';

let demo: DemoDeck;
let terminal: TestTerminal;

afterEach(async () => {
	terminal.unmount();
	await demo.close();
});

const sizes = [
	[80, 24],
	[120, 40],
	[200, 50],
] as const;

/** The demo's cluster alone, its pane zoomed. */
async function open(scenario: ScenarioName, [columns, rows]: (typeof sizes)[number], pane: '1' | '2'): Promise<void> {
	demo = await openDemoDeck(scenario, {only: 'kubernetes', open: true});
	const {deck} = demo;
	terminal = mountTestTerminal(<App deck={deck} theme={createTheme('none', false)} afterPaint={() => {}} />, {
		columns,
		rows,
		onKey: event => {
			if (event.type === 'key') dispatchKey(deck, event.key, event.text, event.alone);
		},
	});
	// Usage is measured every quarter of a minute, and a rollout is seen some seconds after its pods.
	await demo.advance(31);
	await keys(pane, 'z');
}

async function keys(...names: readonly string[]): Promise<void> {
	for (const name of names) {
		terminal.key(name);
		await demo.clock.settle();
	}
	await demo.advance(3);
}

async function golden(what: string, [columns, rows]: (typeof sizes)[number]): Promise<void> {
	await demo.heard();
	demo.deck.notifyChanged();
	await terminal.screen();
	await expect(`${await terminal.screen()}\n`).toMatchFileSnapshot(
		`__frames__/kubernetes-${what}.${columns}x${rows}.txt`,
	);
}

describe.each(sizes.map(size => [`${size[0]}x${size[1]}`, size] as const))('at %s', (_, size) => {
	it('pods by severity, by workload, and problems only', async () => {
		await open('storm', size, '1');
		await golden('pods', size);
		await keys('o', 'g');
		await golden('pods-by-workload', size);
		await keys('f');
		await golden('pods-faults', size);
	});

	it('a calm cluster: nothing is wrong', async () => {
		await open('calm', size, '1');
		await keys('f');
		await golden('pods-no-faults', size);
	});

	it('what pods and nodes use', async () => {
		await open('storm', size, '2');
		await golden('top', size);
	});
});

it('a finding about a workload leads to its row', async () => {
	await open('default', sizes[1], '1');
	await keys('!');
	const finding = demo.deck.findings().find(({sentence}) => sentence.startsWith('payments/ledger: budget'));
	const steps = demo.deck.findings().findIndex(({id}) => id === finding?.id);
	await keys(...Array.from({length: steps}, () => 'j'), 'enter');
	expect(demo.deck.currentRow()).toMatchObject({row: {kind: 'kubernetes.workload', name: 'ledger'}});
	await golden('workload-found', sizes[1]);
	await keys('d');
	await golden('workload', sizes[1]);
});
