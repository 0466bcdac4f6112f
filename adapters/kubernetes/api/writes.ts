import {AdapterError} from '../../../src/errors.ts';
import type {
	ApiObject,
	DeleteOptions,
	KubernetesActContext,
	KubernetesPort,
	Patch,
} from '../../../src/port/kubernetes.ts';
import {refusalOf} from './errors.ts';
import {metadataOf} from './list.ts';
import {pathOf, watchedResources} from './resources.ts';
import type {ApiRequest, Transport} from './transport.ts';

const contentTypes: Readonly<Record<Patch['type'], string>> = {
	strategic: 'application/strategic-merge-patch+json',
	merge: 'application/merge-patch+json',
	json: 'application/json-patch+json',
};

/** Admission webhooks may take 30 s each. */
const headMs = 35_000;

/** An answer of the API as an object of ours, whole: long annotations and managed fields too. @throws AdapterError `malformed` when it has no metadata. */
export function apiObject(answer: unknown): ApiObject {
	const metadata = metadataOf(answer);
	const whole = answer as ApiObject;
	return {...whole, metadata: {...metadata, ...whole.metadata}};
}

const deleteOptions = ({dryRun, preconditions, gracePeriodSeconds, propagation}: DeleteOptions) => ({
	...(dryRun ? {dryRun: ['All']} : {}),
	...(Object.keys(preconditions).length === 0 ? {} : {preconditions}),
	...(gracePeriodSeconds === undefined ? {} : {gracePeriodSeconds}),
	...(propagation === undefined ? {} : {propagationPolicy: propagation}),
});

/** What changes the cluster. Each goes out once, on a connection of its own. */
export function createActs(
	transport: Transport,
	options: {readonly readOnly: boolean; denied(): void},
): Pick<KubernetesPort, 'patch' | 'remove' | 'evict'> {
	async function act(request: Omit<ApiRequest, 'pool' | 'record' | 'headMs'>, context: KubernetesActContext) {
		if (options.readOnly) {
			const what = 'this connection was opened read-only: nothing is sent that changes the cluster';
			throw new AdapterError('denied', what, 'Start midwatch without --read-only to act.');
		}
		try {
			const whole: ApiRequest = {...request, pool: 'act', record: context.record, headMs, silentMs: headMs};
			return await transport.json(whole, context.signal);
		} catch (error) {
			if (refusalOf(error)?.code === 403) options.denied();
			throw error;
		}
	}

	return {
		async patch(
			{type, namespace, name, subresource},
			{type: kind, body},
			{dryRun, fieldManager = 'midwatch'},
			context,
		) {
			const answer = await act(
				{
					method: 'PATCH',
					path: pathOf(type, namespace, name, subresource),
					query: {dryRun: dryRun ? 'All' : undefined, fieldManager},
					body,
					contentType: contentTypes[kind],
					asked: `patch ${type.resource}${subresource === undefined ? '' : `/${subresource}`} ${name}`,
				},
				context,
			);
			return apiObject(answer);
		},
		async remove({type, namespace, name}, wanted, context) {
			await act(
				{
					method: 'DELETE',
					path: pathOf(type, namespace, name),
					body: {apiVersion: 'v1', kind: 'DeleteOptions', ...deleteOptions(wanted)},
					asked: `delete ${type.resource} ${name}`,
				},
				context,
			);
		},
		async evict({namespace, name}, wanted, context) {
			const send = (apiVersion: string) =>
				act(
					{
						method: 'POST',
						path: pathOf(watchedResources.pods.type, namespace, name, 'eviction'),
						// Of a subresource that creates, the server reads dryRun from the query.
						query: {dryRun: wanted.dryRun ? 'All' : undefined},
						body: {apiVersion, kind: 'Eviction', metadata: {name, namespace}, deleteOptions: deleteOptions(wanted)},
						asked: `evict pod ${name}`,
					},
					context,
				);
			try {
				await send('policy/v1');
			} catch (error) {
				// Servers before 1.22 know only v1beta1, and say so before they look at the pod.
				const {message = ''} = refusalOf(error) ?? {};
				const isOld =
					/no kind "Eviction" is registered/i.test(message) || (/unknown/i.test(message) && /policy\/v1/.test(message));
				if (!isOld) throw error;
				await send('policy/v1beta1');
			}
		},
	};
}
