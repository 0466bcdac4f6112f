import {stripVTControlCharacters} from 'node:util';
import {afterEach, expect, it} from 'vitest';
import {obeying, type PolicyRead} from '../../src/policy/policy.ts';
import {createStore} from '../../src/watch/store.ts';
import {paintHeader} from '../../views/chrome/header.ts';
import {createTheme} from '../../views/theme.ts';
import {type House, openHouse} from '../src/input/deck-fixture.ts';

const theme = createTheme('none', false);
const bare = stripVTControlCharacters;
let house: House;
afterEach(() => house.close());

it('says that a policy is in force, and at any width that one cannot be used', async () => {
	house = await openHouse({guarded: true});
	const {arming} = house.deck.options;
	const under = (read: PolicyRead) => {
		const policy = createStore(obeying(arming.policy.get(), read, new Map()));
		const deck = {...house.deck, options: {...house.deck.options, arming: {...arming, policy}}};
		return (columns: number) => bare(paintHeader(deck, columns, theme));
	};
	expect(bare(paintHeader(house.deck, 120, theme))).not.toContain('policy');
	expect(under({state: 'read', file: {forbid: ['postgres.*']}})(120)).toMatch(
		/^ midwatch {2}policy: 1 with forbidden actions {2}guarded: O arms/,
	);
	expect(under({state: 'read', file: {readOnly: true}})(80)).toMatch(/^ midwatch {2}read-only by policy /);
	const unusable = under({state: 'unusable', reason: 'it is gone'});
	expect(unusable(120)).toContain('the policy file cannot be used: no action');
	for (let columns = 40; columns < 160; columns += 1) expect(unusable(columns)).toMatch(/policy file.*: no action/);
});
