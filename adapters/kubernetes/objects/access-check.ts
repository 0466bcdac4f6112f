import type {ActionContext, Check, ShownFact} from '../../../src/contract/action.ts';
import type {AccessReview, KubernetesPort} from '../../../src/port/kubernetes.ts';
import {kubectlGrantCommand} from '../api/grant-command.ts';

/** The fact that a confirmation shows with it. `what`: `evict it`. */
export const accessFact = (what: string): ShownFact => ({
	fact: `whether midwatch may ${what}`,
	bound: 'refused by the server when it is sent; what it answered before is cached for five minutes at most',
});

/** Asks the server whether we may. `label`: the right to what, as `the right to evict it`. That the question itself was refused is no denial: the server decides when it is sent. */
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
		return {label, result: 'unknown', detail: `the server does not tell (${reason}): it will refuse if you may not`};
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
