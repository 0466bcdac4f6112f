import {afterEach, expect, it} from 'vitest';
import type {ChannelSecurity} from '../../src/contract/channel-security.ts';
import type {Identity} from '../../src/contract/identity.ts';
import {paintHeader} from '../../views/chrome/header.ts';
import {type DeckFixture, openDeckFixture} from '../src/input/deck-fixture.ts';
import {cellsOf, plainText, themes} from './arbitraries.ts';

const [, theme] = themes;

let fixture: DeckFixture;
afterEach(() => fixture.close());

it('the servers whose identity is not verified are named', async () => {
	fixture = await openDeckFixture();
	const {options} = fixture.deck;
	const [known] = options.watch.targets;
	if (known === undefined) throw new Error('the demo has no target');
	const header = (channels: readonly ChannelSecurity[], columns: number) => {
		const named = (at: number) => ({...known, target: {...known.target, name: `db-${at}`}});
		const watch = {
			...options.watch,
			targets: channels.map((_, at) => named(at)),
			readings: () => [],
			identity: (name: string): Identity => ({
				version: '1',
				who: 'ada',
				latencyMs: 1,
				channel: channels[Number(name.slice(3))] ?? 'local',
			}),
		};
		const painted = paintHeader({...fixture.deck, options: {...options, watch}}, columns, theme);
		expect(cellsOf(painted)).toBe(columns);
		return plainText(painted);
	};
	expect(header(['local', 'verified'], 120)).not.toContain('not verified');
	expect(header(['local', 'plain', 'unverified'], 120)).toContain('  db-1, db-2 not verified: t ');
	expect(header(['plain', 'plain', 'unverified'], 120)).toContain('  3 not verified: t ');
	expect(header(['plain', 'unverified'], 60)).toContain('  2 not verified: t ');
	expect(header(['plain', 'unverified'], 30)).not.toContain('verified');
});
