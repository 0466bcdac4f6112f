import {stripVTControlCharacters} from 'node:util';
import {afterEach, expect, it} from 'vitest';
import {applyPolicyFile, type PolicyFileState} from '../../src/policy/policy.ts';
import {createStore} from '../../src/watch/store.ts';
import {paintHeader} from '../../views/chrome/header.ts';
import {createTheme} from '../../views/theme.ts';
import {type DeckFixture, openDeckFixture} from '../src/input/deck-fixture.ts';

const theme = createTheme('none', false);
const bare = stripVTControlCharacters;
let fixture: DeckFixture;
afterEach(() => fixture.close());

it('says that a policy is in force, and at any width that one cannot be used', async () => {
	fixture = await openDeckFixture({guarded: true});
	const {arming} = fixture.deck.options;
	const under = (read: PolicyFileState) => {
		const policy = createStore(applyPolicyFile(arming.policy.get(), read, new Map()));
		const deck = {...fixture.deck, options: {...fixture.deck.options, arming: {...arming, policy}}};
		return (columns: number) => bare(paintHeader(deck, columns, theme));
	};
	expect(bare(paintHeader(fixture.deck, 120, theme))).not.toContain('policy');
	expect(under({state: 'read', file: {forbid: ['postgres.*']}})(120)).toMatch(
		/^ midwatch {2}policy: 1 with forbidden actions {2}guarded: O arms/,
	);
	expect(under({state: 'read', file: {readOnly: true}})(80)).toMatch(/^ midwatch {2}read-only by policy /);
	const unusable = under({state: 'unusable', reason: 'the file was deleted'});
	expect(unusable(120)).toContain('the policy file cannot be used: no action');
	for (let columns = 40; columns < 160; columns += 1) expect(unusable(columns)).toMatch(/policy file.*: no action/);
});
