import {createKeymap} from '../src/input/keymap.ts';
import {createPolicy, type Policy} from '../src/policy/policy.ts';
import type {RunConfig} from './run-config.ts';

/**
 * What may be done on these targets, at the start. The clients of a console that starts under a policy of nothing but looking can do nothing
 * else for as long as it runs, whatever becomes of that policy.
 */
export function createInitialPolicy(
	{policy, targets, keys}: Pick<RunConfig, 'policy' | 'targets' | 'keys'>,
	readOnly: boolean,
): Policy {
	const file = policy?.file;
	const under =
		file?.readOnly === true ? 'started while the policy file of this machine made everything read-only' : false;
	const keymap = createKeymap(keys);
	return createPolicy({
		readOnly: readOnly || under,
		targets: targets.map(({target: {name, production}}) => ({
			name,
			production,
			place: policy?.initialTargetAttributes.get(name),
		})),
		file,
		keys: {arm: keymap.keyFor('deck.arm'), targets: keymap.keyFor('deck.targets')},
	});
}
