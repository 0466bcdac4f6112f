import type {FakeCluster} from '../cluster.ts';
import {ApiError, badRequest, notFound, tooManyRequests} from '../objects/api-error.ts';
import {budgetsOfPod, recountBudget} from '../objects/budgets.ts';
import {isReady, type Pod} from '../objects/kinds.ts';
import {valueAt} from '../objects/kube-object.ts';
import {deleteObject, parseDeleteOptions} from './deletion.ts';
import {jsonResourceResponse, objectBody, type ResourceRequest, type ResourceResponse} from './resource-request.ts';

/**
 * `POST pods/NAME/eviction` with an Eviction of policy/v1 or v1beta1: a deletion that budgets may refuse
 * (pkg/registry/core/pod/storage/eviction.go).
 */
export function handleEviction(cluster: FakeCluster, call: ResourceRequest): ResourceResponse {
	const {namespace, name = ''} = call;
	const body = objectBody(call);
	if (body['kind'] !== undefined && body['kind'] !== 'Eviction') throw badRequest('not an Eviction object');
	const pod = cluster.store.get<Pod>('pods', namespace, name);
	if (pod === undefined) throw notFound({resource: 'pods', name});
	const named = valueAt(body, 'metadata.name');
	if (named !== undefined && named !== name) throw badRequest('name in URL does not match name in Eviction object');
	const options = parseDeleteOptions(call, body['deleteOptions']);
	const counts = pod.status.phase === 'Running' && pod.metadata.deletionTimestamp === undefined;
	if (counts) checkBudgets(cluster, pod, options.dryRun);
	deleteObject(cluster, 'pods', pod, options);
	return jsonResourceResponse({kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success'}, 201);
}

/** Checks that the disruption budget of a pod allows its eviction. @throws ApiError 429 when it does not now, 500 when more than one budget covers the pod. */
function checkBudgets(cluster: FakeCluster, pod: Pod, dryRun: boolean): void {
	const budgets = budgetsOfPod(cluster, pod);
	if (budgets.length > 1) {
		const why = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
		throw new ApiError(500, 'InternalError', why);
	}
	const [first] = budgets;
	if (first === undefined) return;
	const budget = recountBudget(cluster, first);
	const {disruptionsAllowed, desiredHealthy, currentHealthy} = budget.status;
	// A pod that is not ready costs nothing as long as the budget holds without it.
	if (!isReady(pod) && currentHealthy >= desiredHealthy && desiredHealthy > 0) return;
	if (disruptionsAllowed <= 0) {
		const why = `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
		// The real server sends no Retry-After: with one, client-go would retry by itself and kubectl would never report it.
		throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0, [
			{reason: 'DisruptionBudget', message: why},
		]);
	}
	if (dryRun) return;
	const status = {...budget.status, disruptionsAllowed: disruptionsAllowed - 1};
	cluster.store.put('poddisruptionbudgets.policy', {...budget, status});
}
