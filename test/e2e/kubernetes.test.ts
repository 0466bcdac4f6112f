import {afterEach, describe, expect, test} from 'vitest';
import {type Deck, deck} from './deck.ts';

let open: Deck | undefined;

afterEach(() => open?.close());

describe('Kubernetes by keyboard', () => {
	test('the rollout that made the pods crash is undone, and they are well', async () => {
		open = await deck({demo: 'crashloop', columns: 140, rows: 44});
		await open.expect('3 of 8 pods CrashLoopBackOff <- OOMKilled 137', 30);
		await open.zoom(1, 'Pods');
		await open.arm('prod-eu');
		await open.filter('namespace:checkout');
		await open.select('api-');
		await open.pty.still(300);
		open.call('kubernetes.undo-rollout');
		await open.expect('Back to revision');
		open.press('field.accept');
		await open.expect('checkout/api');
		await open.confirm();
		await open.expect('all 6 pods are new and available', 60);
		const {audit} = open;
		await expect
			.poll(() => audit().map(line => line.kind))
			.toEqual(expect.arrayContaining(['intent', 'outcome', 'verify']));
	});
});
