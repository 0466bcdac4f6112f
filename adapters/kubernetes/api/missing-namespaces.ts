import type {Context} from '../../../src/contract/context.ts';
import type {Note} from '../../../src/contract/row.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import {findApiRefusal} from './errors.ts';

/** A namespace that was not there is asked for so often, and no other. Milliseconds. */
const recheckMs = 60_000;
const checkTimeoutMs = 5000;

/** Whether a namespace is not there. Who may not look does not know, and is not told so. */
export async function isNamespaceMissing(port: KubernetesPort, name: string, context: Context): Promise<boolean> {
	try {
		await port.readPath(`/api/v1/namespaces/${encodeURIComponent(name)}`, context);
		return false;
	} catch (error) {
		return findApiRefusal(error)?.code === 404;
	}
}

/**
 * What to say of namespaces that are watched and do not exist: to the watch they are as well as one in which nothing runs. Only those
 * without a pod are asked for, beside the reads, so that what is said may come a read later.
 */
export function createMissingNamespaceNotes(
	port: KubernetesPort,
	namespaces: 'all' | readonly string[],
): (inhabited: ReadonlySet<string>, now: () => number) => readonly Note[] {
	const missing = new Set<string>();
	const askedAt = new Map<string, number>();

	async function ask(name: string, now: () => number): Promise<void> {
		askedAt.set(name, now());
		if (await isNamespaceMissing(port, name, {signal: AbortSignal.timeout(checkTimeoutMs), now})) missing.add(name);
		else missing.delete(name);
	}

	return (inhabited, now) => {
		for (const name of namespaces === 'all' ? [] : namespaces) {
			if (inhabited.has(name)) missing.delete(name);
			else if (now() - (askedAt.get(name) ?? Number.NEGATIVE_INFINITY) >= recheckMs) void ask(name, now);
		}
		return [...missing].map(name => ({
			text: `namespace ${name} does not exist`,
			hint: 'Correct namespaces in the configuration, or make it; it is looked for again every minute.',
			severity: 'warn',
		}));
	};
}
