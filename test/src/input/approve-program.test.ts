import {afterEach, expect, test} from 'vitest';
import type {ProgramApproval} from '../../../src/contract/program-approval.ts';
import {AdapterError} from '../../../src/errors.ts';
import {askApproval} from '../../../src/input/approve-program-keys.ts';
import {type House, openHouse, until} from './deck-fixture.ts';

let house: House;
afterEach(() => house.close());

function waiting(approve: ProgramApproval['approve']): ProgramApproval {
	const program = '/usr/bin/cloud-login';
	return {
		program,
		file: program,
		askedBy: '/home/ada/.kube/config',
		server: 'https://api.test',
		changed: false,
		approve,
	};
}

test('a refusal to keep the approval is said with what to do', async () => {
	house = await openHouse();
	askApproval(
		house.deck,
		'db',
		waiting(async () => {
			throw new AdapterError('denied', 'the approval cannot be saved', 'Make it writable.');
		}),
	);
	expect(house.layer()).toBe('approve');
	house.deck.painted(house.deck.question());
	await house.keys('y', 'enter');
	await until(() => house.notice() !== undefined);
	expect(house.notice()).toBe('the approval cannot be saved: Make it writable.');
	expect((await house.records()).join()).toContain('approve');
});

test('a read-only console asks nothing, and says where to approve', async () => {
	house = await openHouse({readOnly: true});
	let approved = 0;
	askApproval(
		house.deck,
		'db',
		waiting(async () => {
			approved += 1;
		}),
	);
	expect(house.layer()).toBeUndefined();
	expect(house.notice()).toMatch(/cannot be approved here.*without --read-only.*kubernetes\.allowExec/);
	expect(approved).toBe(0);
});

test('pasted text answers nothing', async () => {
	house = await openHouse();
	let approved = 0;
	askApproval(
		house.deck,
		'db',
		waiting(async () => {
			approved += 1;
		}),
	);
	await house.paste('y\n');
	expect(house.layer()).toBe('approve');
	expect(house.notice()).toContain('not taken');
	expect(approved).toBe(0);
});
