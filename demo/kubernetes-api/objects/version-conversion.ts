import type {HorizontalPodAutoscaler} from './kinds.ts';
import {isObject, type JsonObject, type KubeObject, valueAt} from './kube-object.ts';
import {apiVersionOf, type ResourceType, resourceTypes} from './resources.ts';

/** The version in which objects of a resource are stored: the preferred one. */
export const storedVersion = ({key}: ResourceType): string => {
	const preferred = resourceTypes.find(type => type.key === key);
	return preferred === undefined ? 'v1' : apiVersionOf(preferred);
};

/** A stored object in the version of `type`. */
export function toRequestedVersion(type: ResourceType, object: KubeObject): KubeObject {
	const apiVersion = apiVersionOf(type);
	if (object.apiVersion === apiVersion) return object;
	return {...(apiVersion === 'autoscaling/v1' ? autoscalerV1(object as HorizontalPodAutoscaler) : object), apiVersion};
}

/** An object that a client sent in the version of `type`, as it is stored. */
export function toStoredVersion(type: ResourceType, object: KubeObject): KubeObject {
	const apiVersion = storedVersion(type);
	if (object.apiVersion === apiVersion) return object;
	return {...(object.apiVersion === 'autoscaling/v1' ? autoscalerV2(object) : object), apiVersion};
}

const cpu = (name: 'target' | 'current', averageUtilization: number) => ({
	type: 'Resource',
	resource: {name: 'cpu', [name]: {...(name === 'target' ? {type: 'Utilization'} : {}), averageUtilization}},
});

function autoscalerV1(object: HorizontalPodAutoscaler): KubeObject {
	const {metrics, ...spec} = object.spec;
	const {currentMetrics, conditions: _, ...status} = object.status;
	const target = metrics?.find(metric => metric.resource?.name === 'cpu')?.resource?.target.averageUtilization;
	const current = currentMetrics?.[0]?.resource?.current.averageUtilization;
	return {
		...object,
		spec: {...spec, ...(target === undefined ? {} : {targetCPUUtilizationPercentage: target})},
		status: {...status, ...(current === undefined ? {} : {currentCPUUtilizationPercentage: current})},
	} as KubeObject;
}

function autoscalerV2(object: KubeObject): KubeObject {
	const given = valueAt(object, 'spec');
	const {targetCPUUtilizationPercentage, ...spec}: JsonObject = isObject(given) ? given : {};
	const target = targetCPUUtilizationPercentage;
	const metrics = typeof target === 'number' ? {metrics: [cpu('target', target)]} : {};
	const state = valueAt(object, 'status');
	const {currentCPUUtilizationPercentage, ...status}: JsonObject = isObject(state) ? state : {};
	const current = currentCPUUtilizationPercentage;
	const currentMetrics = typeof current === 'number' ? {currentMetrics: [cpu('current', current)]} : {};
	return {...object, spec: {...spec, ...metrics}, status: {...status, ...currentMetrics}} as KubeObject;
}
