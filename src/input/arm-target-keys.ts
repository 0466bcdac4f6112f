import {messageOf} from '../errors.ts';
import {arm, armedFor, standing} from '../policy/policy.ts';
import {afterKey, notOnScreen, notTaken, type Pressed} from '../session/key-then-enter.ts';
import type {Layer} from '../session/session.ts';
import type {Deck} from './deck.ts';

type ArmLayer = Extract<Layer, {kind: 'arm'}>;

/**
 * Disarms the target when it is armed; else asks whether to arm it, or says why it cannot be armed. `by`: the key, alone in its read, which
 * is the first half of the answer; or a menu, which is none.
 */
export function toggleArmed(deck: Deck, target: string | undefined, by: 'key' | 'menu'): void {
	if (target === undefined) {
		const list = deck.options.keymap.keyFor('deck.targets');
		deck.say(`select a row of the target to arm first, or press ${list}`, 'warn');
		return;
	}
	const {arming} = deck.options;
	if (standing(arming.policy.get(), target, deck.monotonic()).state === 'armed') {
		arming.disarm(target).then(
			() => deck.say(`${target} is guarded again`),
			(error: unknown) => deck.say(messageOf(error), 'crit'),
		);
		return;
	}
	const tried = arm(arming.policy.get(), target, deck.monotonic());
	if ('kind' in tried) deck.say(`${tried.reason}: ${tried.hint}`, 'warn');
	else deck.apply({do: 'push', layer: {kind: 'arm', target, answering: by === 'key' ? 'key' : 'nothing'}});
}

function carryOut(deck: Deck, target: string): void {
	deck.options.arming.arm(target).then(
		refusal => {
			if (refusal === undefined)
				deck.say(
					`${target} is armed: it is guarded again after ${armedFor(deck.options.arming.policy.get())} without an action`,
					'warn',
				);
			else deck.say(`${refusal.reason}: ${refusal.hint}`, 'warn');
		},
		(error: unknown) => deck.say(messageOf(error), 'crit'),
	);
}

/** A key while it is asked whether to arm a target. Any but the arming key and Enter leaves it guarded. */
export function pressArm(deck: Deck, layer: ArmLayer, {key, alone}: Pressed): void {
	const {keymap} = deck.options;
	const arms = keymap.intent('deck', key) === 'deck.arm' || keymap.intent('list', key) === 'list.arm';
	const enters = keymap.intent('field', key) === 'field.accept';
	if (!arms && !enters) {
		deck.apply({do: 'pop'});
		deck.say(`${layer.target} was not armed`);
		return;
	}
	const stay = (problem: string) =>
		deck.apply({do: 'top', layer: {...layer, answering: arms ? 'repeated' : layer.answering, problem}});
	if (enters && alone && !deck.answerable()) {
		stay(notOnScreen);
		return;
	}
	const answering = afterKey(layer.answering, {is: arms ? 'key' : 'enter', alone});
	if (answering === 'answered') {
		deck.apply({do: 'pop'});
		carryOut(deck, layer.target);
	} else if (answering === 'key') deck.apply({do: 'top', layer: {kind: 'arm', target: layer.target, answering}});
	else stay(notTaken(layer.answering, alone, keymap.keyFor('deck.arm')));
}
