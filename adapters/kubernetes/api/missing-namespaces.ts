import type {Context} from '../../../src/contract/context.ts';
import type {Note} from '../../../src/contract/row.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import {findApiRefusal} from './errors.ts';

/** Interval at which a namespace that does not exist is checked again. */
const recheckMs = 60_000;
const checkTimeoutMs = 5000;

/** Whether a namespace does not exist. False when we may not read it: then it is not known. */
export async function isNamespaceMissing(port: KubernetesPort, name: string, context: Context): Promise<boolean> {
	try {
		await port.readPath(`/api/v1/namespaces/${encodeURIComponent(name)}`, context);
		return false;
	} catch (error) {
		return findApiRefusal(error)?.code === 404;
	}
}

/**
 * Returns a function that gives notes about configured namespaces that do not exist; to a watch they look like empty ones. Only
 * namespaces without a pod are checked, in the background, so that a note may come one read late.
 */
export function createMissingNamespaceNotes(
	port: KubernetesPort,
	namespaces: 'all' | readonly string[],
): (inhabited: ReadonlySet<string>, now: () => number) => readonly Note[] {
	const missing = new Set<string>();
	const checkedAt = new Map<string, number>();

	async function check(name: string, now: () => number): Promise<void> {
		checkedAt.set(name, now());
		if (await isNamespaceMissing(port, name, {signal: AbortSignal.timeout(checkTimeoutMs), now})) missing.add(name);
		else missing.delete(name);
	}

	return (inhabited, now) => {
		for (const name of namespaces === 'all' ? [] : namespaces) {
			if (inhabited.has(name)) missing.delete(name);
			else if (now() - (checkedAt.get(name) ?? Number.NEGATIVE_INFINITY) >= recheckMs) void check(name, now);
		}
		return [...missing].map(name => ({
			text: `namespace ${name} does not exist`,
			hint: 'Correct namespaces in the configuration, or create it; midwatch checks again every minute.',
			severity: 'warn',
		}));
	};
}
