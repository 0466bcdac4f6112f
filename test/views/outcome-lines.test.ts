import {describe, expect, it} from 'vitest';
import {createRemedy, type Remedy} from '../../src/remedy/remedy-state.ts';
import {outcomeLines} from '../../views/modal/outcome-lines.ts';

const base = createRemedy({id: 'R', action: {id: 'probe.turn', title: 'Turn'}, target: 'tank', params: {}, at: 0});
const ended = (part: Partial<Remedy>): Remedy => ({...base, endedAt: 1, reason: '', ...part}) as Remedy;

describe('the lines below the headline of an ended action', () => {
	it('state once why it failed, and what to do', () => {
		const failure = {kind: 'conflict', message: 'the budget protects it', hint: 'bring others back'} as const;
		const remedy = ended({
			state: 'failed',
			reason: 'nothing happened: the budget protects it',
			failure,
			hint: failure.hint,
		});
		expect(outcomeLines(remedy, 'Failed: nothing was changed')).toEqual([
			'the budget protects it',
			'bring others back',
		]);
	});

	it('do not repeat a check above them', () => {
		const check = {label: 'the statement', result: 'block', detail: 'pid 7 has ended'} as const;
		const blocked = ended({
			state: 'blocked',
			checks: [check],
			reason: 'the statement: pid 7 has ended',
			hint: 'nothing was sent',
		});
		expect(outcomeLines(blocked, 'Blocked: nothing was sent')).toEqual([]);
		const stale = ended({
			state: 'stale',
			checks: [{...check, conflict: true}],
			reason: 'it has changed, nothing was sent: pid 7 has ended',
			hint: 'look at it as it is now, and try again',
		});
		expect(outcomeLines(stale, 'The object has changed since the preview: nothing was sent')).toEqual([
			'look at it as it is now, and try again',
		]);
	});

	it('state what was observed and what was sent', () => {
		const remedy = ended({
			state: 'done',
			reason: 'it reads 6gb',
			outcome: {result: 'done', detail: 'it reads 6gb'},
			receipt: {summary: 'CONFIG SET', before: {}},
		});
		expect(outcomeLines(remedy, 'Done')).toEqual(['it reads 6gb', 'CONFIG SET']);
	});
});
