import {messageOf} from '../errors.ts';
import {accessState, armedDuration, armTarget} from '../policy/policy.ts';
import {type KeyPress, keyRejectedReason, nextKeyEnterState, notOnScreenMessage} from '../session/key-then-enter.ts';
import type {Layer} from '../session/session.ts';
import type {Deck} from './deck.ts';

type ArmLayer = Extract<Layer, {kind: 'arm'}>;

/**
 * Disarms an armed target; otherwise opens the question whether to arm it, or shows why it cannot be armed. `by`: `key` when the arming key was alone in
 * its read, which is the first half of the answer; `menu` is no part of it.
 */
export function toggleArmed(deck: Deck, target: string | undefined, by: 'key' | 'menu'): void {
	if (target === undefined) {
		const list = deck.options.keymap.keyFor('deck.targets');
		deck.showNotice(`select a row of the target to arm first, or press ${list}`, 'warn');
		return;
	}
	const {arming} = deck.options;
	if (accessState(arming.policy.get(), target, deck.monotonic()).state === 'armed') {
		arming.disarm(target).then(
			() => deck.showNotice(`${target} is guarded again`),
			(error: unknown) => deck.showNotice(messageOf(error), 'crit'),
		);
		return;
	}
	const allowed = armTarget(arming.policy.get(), target, deck.monotonic());
	if ('kind' in allowed) deck.showNotice(`${allowed.reason}: ${allowed.hint}`, 'warn');
	else deck.apply({do: 'push', layer: {kind: 'arm', target, answering: by === 'key' ? 'key' : 'nothing'}});
}

function armAndReport(deck: Deck, target: string): void {
	deck.options.arming.arm(target).then(
		refusal => {
			if (refusal === undefined)
				deck.showNotice(
					`${target} is armed: it is guarded again after ${armedDuration(deck.options.arming.policy.get())} without an action`,
					'warn',
				);
			else deck.showNotice(`${refusal.reason}: ${refusal.hint}`, 'warn');
		},
		(error: unknown) => deck.showNotice(messageOf(error), 'crit'),
	);
}

/** Handles a key in the question whether to arm a target. Any key but the arming key and Enter leaves it guarded. */
export function handleArmKey(deck: Deck, layer: ArmLayer, {key, alone}: KeyPress): void {
	const {keymap} = deck.options;
	const isArmKey = keymap.intent('deck', key) === 'deck.arm' || keymap.intent('list', key) === 'list.arm';
	const isEnter = keymap.intent('field', key) === 'field.accept';
	if (!isArmKey && !isEnter) {
		deck.apply({do: 'pop'});
		deck.showNotice(`${layer.target} was not armed`);
		return;
	}
	const stay = (problem: string) =>
		deck.apply({do: 'top', layer: {...layer, answering: isArmKey ? 'repeated' : layer.answering, problem}});
	if (isEnter && alone && !deck.canAnswer()) {
		stay(notOnScreenMessage);
		return;
	}
	const answering = nextKeyEnterState(layer.answering, {is: isArmKey ? 'key' : 'enter', alone});
	if (answering === 'answered') {
		deck.apply({do: 'pop'});
		armAndReport(deck, layer.target);
	} else if (answering === 'key') deck.apply({do: 'top', layer: {kind: 'arm', target: layer.target, answering}});
	else stay(keyRejectedReason(layer.answering, alone, keymap.keyFor('deck.arm')));
}
