import {afterEach, expect, test} from 'vitest';
import type {ProgramApproval} from '../../../src/contract/program-approval.ts';
import {AdapterError} from '../../../src/errors.ts';
import {openApproval} from '../../../src/input/approve-program-keys.ts';
import {type DeckFixture, openDeckFixture, waitUntil} from './deck-fixture.ts';

let fixture: DeckFixture;
afterEach(() => fixture.close());

function waiting(approve: ProgramApproval['approve']): ProgramApproval {
	const program = '/usr/bin/cloud-login';
	return {
		program,
		file: program,
		requestedBy: '/home/ada/.kube/config',
		server: 'https://api.test',
		configKey: 'kubernetes.allowExec',
		changed: false,
		approve,
	};
}

test('an approval that cannot be saved is reported with what to do', async () => {
	fixture = await openDeckFixture();
	openApproval(
		fixture.deck,
		'db',
		waiting(async () => {
			throw new AdapterError('denied', 'the approval cannot be saved', 'Make it writable.');
		}),
	);
	expect(fixture.layer()).toBe('approve');
	fixture.deck.markQuestionShown(fixture.deck.pendingQuestion());
	await fixture.pressKeys('y', 'enter');
	await waitUntil(() => fixture.notice() !== undefined);
	expect(fixture.notice()).toBe('the approval cannot be saved: Make it writable.');
	expect((await fixture.records()).join()).toContain('approve');
});

test('a read-only console does not prompt, and says where to approve', async () => {
	fixture = await openDeckFixture({readOnly: true});
	let approved = 0;
	openApproval(
		fixture.deck,
		'db',
		waiting(async () => {
			approved += 1;
		}),
	);
	expect(fixture.layer()).toBeUndefined();
	expect(fixture.notice()).toMatch(
		/cannot be approved in a read-only console.*without --read-only.*kubernetes\.allowExec/,
	);
	expect(approved).toBe(0);
});

test('pasted text answers nothing', async () => {
	fixture = await openDeckFixture();
	let approved = 0;
	openApproval(
		fixture.deck,
		'db',
		waiting(async () => {
			approved += 1;
		}),
	);
	await fixture.paste('y\n');
	expect(fixture.layer()).toBe('approve');
	expect(fixture.notice()).toContain('not taken');
	expect(approved).toBe(0);
});
