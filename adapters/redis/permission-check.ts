import type {ActionContext, Check} from '../../src/contract/action.ts';
import type {Permission} from '../../src/contract/system.ts';
import {AdapterError} from '../../src/errors.ts';
import type {RedisPort} from '../../src/port/redis.ts';

/** Why an action that needs `command` is disabled; undefined when it is not. */
export function missingPermissionReason(permission: Permission | undefined, command: string): string | undefined {
	if (permission?.state !== 'lack') return undefined;
	return permission.grant.startsWith('ACL')
		? `not permitted, an administrator grants it with: ${permission.grant}`
		: `this server does not offer ${command}`;
}

/** `+config|set`: CONFIG SET. */
const commandOfPermission = (name: string): string => name.replace(/^\+/, '').replaceAll('|', ' ').toUpperCase();

/** Reads the permission from the server now. Only a clear refusal blocks. */
export async function permissionCheck(label: string, name: string, context: ActionContext<RedisPort>): Promise<Check> {
	try {
		const permission = (await context.port.readPermissions(context, [name])).find(one => one.name === name);
		if (permission?.state === 'have') return {label, result: 'pass', detail: `you have ${name}`};
		if (permission?.state === 'lack')
			return {
				label,
				result: 'block',
				detail: missingPermissionReason(permission, commandOfPermission(name)) ?? permission.grant,
			};
	} catch (error) {
		if (!(error instanceof AdapterError)) throw error;
	}
	return {label, result: 'unknown', detail: 'the server does not report it, and refuses if you may not'};
}
