import {describe, expect, test} from 'vitest';
import {fieldOwnerCheck} from '../../../adapters/kubernetes/objects/field-owner.ts';
import {autoscalerText} from '../../../adapters/kubernetes/workloads/workload-checks.ts';

const metadata = {uid: 'u', name: 'api', namespace: 'shop', resourceVersion: '1', creationTimestamp: ''};
const owned = (kind: string, controller = true) => ({
	...metadata,
	ownerReferences: [{apiVersion: 'x/v1', kind, name: 'main', uid: 'o', controller}],
});
const detailOf = (part: object) => fieldOwnerCheck({metadata: {...metadata, ...part}})?.detail;

describe('the tool that manages a workload', () => {
	test.each([
		['no field manager', {}, undefined],
		['an operator', owned('Cluster'), 'Cluster main, which created it and may revert this change'],
		['an owner that is no controller', owned('Cluster', false), undefined],
		['Argo CD', {annotations: {'argocd.argoproj.io/tracking-id': 'shop:apps'}}, /^Argo CD \(shop\)/],
		['Flux', {labels: {'kustomize.toolkit.fluxcd.io/name': 'apps'}}, /^Flux \(apps\)/],
		['Helm', {annotations: {'meta.helm.sh/release-name': 'shop'}}, /^Helm \(shop\)/],
		['a tool by its fields alone', {managedFields: [{manager: 'argocd-controller'}]}, /^Argo CD/],
	])('%s', (_, part, said) => {
		expect(detailOf(part)).toEqual(said instanceof RegExp ? expect.stringMatching(said) : said);
	});

	test('an autoscaler of KEDA is named with its ScaledObject', () => {
		const spec = {minReplicas: 2, maxReplicas: 9};
		expect(autoscalerText({metadata, spec})).toBe('api, 2-9');
		expect(autoscalerText({metadata: owned('ScaledObject'), spec})).toBe('api of ScaledObject main, 2-9');
	});
});
