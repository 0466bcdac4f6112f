import {createKeymap} from '../src/input/keymap.ts';
import {createPolicy, type Policy} from '../src/policy/policy.ts';
import type {RunConfig} from './run-config.ts';

/**
 * Creates the policy that holds when a run starts. When the policy file makes everything read-only at the start, the run stays read-only
 * to its end: its clients are opened read-only, whatever the file says later.
 */
export function createInitialPolicy(
	{policy, targets, keys}: Pick<RunConfig, 'policy' | 'targets' | 'keys'>,
	readOnly: boolean,
): Policy {
	const file = policy?.file;
	const readOnlyAtStart =
		file?.readOnly === true ? 'started while the policy file of this machine made everything read-only' : false;
	const keymap = createKeymap(keys);
	return createPolicy({
		readOnly: readOnly || readOnlyAtStart,
		targets: targets.map(({target: {name, production}}) => ({
			name,
			production,
			attributes: policy?.initialTargetAttributes.get(name),
		})),
		file,
		keys: {arm: keymap.keyFor('deck.arm'), targets: keymap.keyFor('deck.targets')},
	});
}
