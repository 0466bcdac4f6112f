import type {ActionContext, Check, ShownFact} from '../../../src/contract/action.ts';
import type {AccessReview, KubernetesPort} from '../../../src/port/kubernetes.ts';
import {kubectlGrantCommand} from '../api/grant-command.ts';

/** The fact that a confirmation shows about this check. `what`: `evict it`. */
export const accessFact = (what: string): ShownFact => ({
	fact: `whether midwatch may ${what}`,
	changeDetectedBy:
		'checked again by the server when the request is sent; the answer before is cached for at most five minutes',
});

/** Checks a permission on the server. `label`: `the right to evict it`. A failed review is `unknown` and blocks nothing: the server decides when the request is sent. */
export async function accessCheck(
	label: string,
	question: AccessReview,
	{port, ...context}: ActionContext<KubernetesPort>,
): Promise<Check> {
	const {verb, group, resource: plain, subresource, namespace} = question;
	const resource = subresource === undefined ? plain : `${plain}/${subresource}`;
	const name = `${verb} ${resource} in ${namespace}`;
	const {answer, reason} = await port.reviewAccess(question, context);
	if (answer === 'allowed') return {label, result: 'pass', detail: `you may ${name}`};
	if (answer === 'unknown') {
		return {label, result: 'unknown', detail: `the server did not answer (${reason}): it will refuse if you may not`};
	}
	const user = await port.identity(context).then(
		({user: known}) => known || 'USER',
		() => 'USER',
	);
	return {
		label,
		result: 'block',
		detail: `you may not ${name}; granted with: ${kubectlGrantCommand(user, {verb, group, resource, namespace})}`,
	};
}
