import type {Grants} from '../../src/contract/grants.ts';
import type {Target} from '../../src/contract/target.ts';
import {settingsOf} from './cli-equivalent.ts';
import {grantsFor} from './permissions.ts';
import {principalOf} from './principal.ts';

/** For all groups and topics: what is to be watched is not known beforehand. An administrator may name some in place of `*`. */
export function leastGrants(target: Target): Grants {
	const settings = settingsOf(target);
	const watch = grantsFor(settings, principalOf(settings), 'watch');
	const act = grantsFor(settings, principalOf(settings), 'act');
	return {
		by: 'a shell with the tools of Kafka, as a superuser',
		watch,
		act: act.filter(line => !watch.includes(line)),
	};
}
