import type {AttributesOf, TargetLink} from '../../src/contract/system.ts';
import type {TargetAttributes} from '../../src/contract/target-attributes.ts';
import type {HttpSettings} from '../../src/port/http.ts';
import {endpointsOf} from '../../src/text/url.ts';

/** The cluster that the server is reached through. */
export const httpLinks = ({via}: HttpSettings): readonly TargetLink[] =>
	via === undefined ? [] : [{name: via.kubernetes, kind: 'kubernetes', path: ['via', 'kubernetes']}];

/** The attributes that policy rules match. The host of a server that is reached through a cluster is unknown. */
export async function readHttpAttributes(
	{url, via}: HttpSettings,
	attributesOf: AttributesOf,
): Promise<Omit<TargetAttributes, 'kind'>> {
	if (via === undefined) return {endpoints: endpointsOf(url)};
	const cluster = await attributesOf(via.kubernetes);
	return {endpoints: 'unknown', cluster: cluster?.cluster ?? 'unknown'};
}
