import type {Grants} from '../../src/contract/grants.ts';
import type {HttpSettings} from '../../src/port/http.ts';
import {shellLine} from '../../src/text/quote.ts';

/**
 * The least rights for an HTTP server, which has no users of its own: the paths that a proxy in front of it must allow. With `via`, the
 * role for the service in the cluster.
 */
export function httpLeastGrants(
	{via}: Pick<HttpSettings, 'via'>,
	paths: {readonly read: readonly string[]; readonly write: readonly string[]},
): Grants {
	if (via === undefined) {
		return {
			tool: 'the proxy in front of the server, which has no users of its own',
			forReading: paths.read.map(path => `# allow: ${path}`),
			forActions: paths.write.map(path => `# allow: ${path}`),
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
		tool: `kubectl, as an administrator of the namespace ${namespace}; USER is the user of midwatch in the cluster`,
		forReading: role('get', 'read'),
		forActions: role('create,delete', 'write'),
	};
}
