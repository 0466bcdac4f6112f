import {expect} from 'vitest';
import type {ConsoleProcess} from './console-process.ts';

/** The audit log has all records of an action: the intent, the outcome and the verification, in this order. */
export async function expectRecorded(midwatch: ConsoleProcess, action: string): Promise<void> {
	const kinds = () => midwatch.audit().map(line => line.kind);
	await expect.poll(kinds).toContain('verify');
	expect(midwatch.audit().find(line => line.kind === 'intent')).toMatchObject({action: {id: action}});
	expect(kinds().indexOf('intent')).toBeLessThan(kinds().indexOf('outcome'));
	expect(kinds().indexOf('outcome')).toBeLessThan(kinds().indexOf('verify'));
	expect(midwatch.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
}
