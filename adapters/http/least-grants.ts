import type {Grants} from '../../src/contract/grants.ts';
import type {HttpSettings} from '../../src/port/http.ts';
import {shellLine} from '../../src/text/quote.ts';

/**
 * What a server that speaks HTTP needs in front of it: it has no users of its own. Behind the API server of a cluster it is the right to that
 * one service.
 */
export function leastGrants(
	{via}: Pick<HttpSettings, 'via'>,
	paths: {readonly watch: readonly string[]; readonly act: readonly string[]},
): Grants {
	if (via === undefined) {
		return {
			tool: 'whatever guards the server: it has no users of its own',
			forReading: paths.watch.map(path => `# let pass: ${path}`),
			forActions: paths.act.map(path => `# let pass: ${path}`),
		};
	}
	const {namespace, scheme, service, port} = via;
	const role = (verb: string, purpose: string): readonly string[] => [
		shellLine([
			...['kubectl', '-n', namespace, 'create', 'role', `midwatch-${service}-${purpose}`, `--verb=${verb}`],
			...['--resource=services/proxy', `--resource-name=${scheme}:${service}:${port}`],
		]),
		shellLine([
			...['kubectl', '-n', namespace, 'create', 'rolebinding', `midwatch-${service}-${purpose}`],
			...[`--role=midwatch-${service}-${purpose}`, '--user=USER'],
		]),
	];
	return {
		tool: `kubectl, as an administrator of the namespace ${namespace}; USER is who midwatch is in the cluster`,
		forReading: role('get', 'watch'),
		forActions: role('create,delete', 'act'),
	};
}
