import type {Grants} from '../../src/contract/grants.ts';
import type {Target} from '../../src/contract/target.ts';
import type {KafkaSettings} from '../../src/port/kafka.ts';
import {aclGrantCommandsFor} from './permissions.ts';
import {principalOf} from './principal.ts';

/** For all groups and topics: what is to be watched is not known beforehand. An administrator may name some in place of `*`. */
export function leastGrants(target: Target<KafkaSettings>): Grants {
	const settings = target.settings;
	const watch = aclGrantCommandsFor(settings, principalOf(settings), 'watch');
	const act = aclGrantCommandsFor(settings, principalOf(settings), 'act');
	return {
		tool: 'a shell with the tools of Kafka, as a superuser',
		forReading: watch,
		forActions: act.filter(line => !watch.includes(line)),
	};
}
