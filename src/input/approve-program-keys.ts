import type {ProgramApproval} from '../contract/program-approval.ts';
import {isAdapterError, messageOf} from '../errors.ts';
import {type KeyPress, keyRejectedReason, nextKeyEnterState, notOnScreenMessage} from '../session/key-then-enter.ts';
import type {Layer} from '../session/session.ts';
import type {Deck} from './deck.ts';

type ApproveLayer = Extract<Layer, {kind: 'approve'}>;

/** Opens the approval of the login program of a target. Not in a read-only console, such as one on a wall. */
export function openApproval(deck: Deck, target: string, approval: ProgramApproval): void {
	if (deck.options.arming.policy.get().readOnly) {
		const hint = `approve it in a console without --read-only, or name it in ${approval.configKey}`;
		deck.showNotice(`${approval.program} cannot be approved in a read-only console: ${hint}`, 'warn');
		return;
	}
	deck.apply({do: 'push', layer: {kind: 'approve', target, approval, answering: 'nothing'}});
}

/** Records the approval, then approves. */
async function approve(deck: Deck, {target, approval}: ApproveLayer): Promise<void> {
	const {program, requestedBy, server} = approval;
	try {
		await deck.options.audit.append({
			kind: 'approve',
			target,
			note: `${program}, named by ${requestedBy}, for ${server}`,
		});
		await approval.approve();
		deck.options.watch.refresh(target);
		deck.showNotice(`approved: ${program} logs in to ${target}`);
	} catch (error) {
		deck.showNotice(isAdapterError(error) ? `${messageOf(error)}: ${error.hint}` : messageOf(error), 'warn');
	}
}

/** Handles a key in the approval of a program. Any key but `confirm.yes` and Enter closes it without approval. */
export function handleApproveKey(deck: Deck, layer: ApproveLayer, {key, alone}: KeyPress): void {
	const {keymap} = deck.options;
	const isYes = keymap.intent('confirm', key) === 'confirm.yes';
	const isEnter = keymap.intent('field', key) === 'field.accept';
	if (!isYes && !isEnter) {
		deck.apply({do: 'pop'});
		deck.showNotice(`${layer.approval.program} was not approved`);
		return;
	}
	if (!deck.canAnswer()) {
		deck.apply({do: 'top', layer: {...layer, answering: 'nothing', problem: notOnScreenMessage}});
		return;
	}
	const answering = nextKeyEnterState(layer.answering, {is: isYes ? 'key' : 'enter', alone});
	if (answering === 'answered') {
		deck.apply({do: 'pop'});
		void approve(deck, layer);
	} else if (answering === 'key') deck.apply({do: 'top', layer: {...layer, answering, problem: undefined}});
	else {
		const problem = keyRejectedReason(layer.answering, alone, keymap.keyFor('confirm.yes'));
		deck.apply({do: 'top', layer: {...layer, answering: isYes ? 'repeated' : layer.answering, problem}});
	}
}
